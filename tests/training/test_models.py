"""The models that the operator knows are those of the wheel that the trainer's image installs."""

from tests.training.models import DATA, made


def test_the_file_is_what_the_wheel_says() -> None:
    assert made() == DATA.read_text(), "run `make models`"
