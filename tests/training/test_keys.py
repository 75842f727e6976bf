"""The keys of TorchTune's configs that the operator knows are those of the wheel that the trainer's image installs."""

from tests.devcluster import torch_environment

from trainjob_operator.generate.keys import DATA, extract, to_yaml


def test_the_file_is_what_the_wheel_says() -> None:
    packages = torch_environment.ensure() / "lib" / "python3.11" / "site-packages"

    assert DATA.read_text() == to_yaml(extract(packages)), "run `make keys`"
