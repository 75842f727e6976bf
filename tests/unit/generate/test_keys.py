import yaml

from trainjob_operator.generate.keys import DATA, render


def test_the_file_is_what_is_written() -> None:
    text = DATA.read_text()

    assert render(yaml.safe_load(text)) == text
