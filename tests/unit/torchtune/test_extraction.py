import yaml

from trainjob_operator.torchtune.extraction import _DATA, render


def test_the_file_is_what_is_written() -> None:
    text = _DATA.read_text()

    assert render(yaml.safe_load(text)) == text
