import yaml

from trainjob_operator.generate.keys import DATA, to_yaml


def test_the_file_is_what_is_written() -> None:
    text = DATA.read_text()

    assert to_yaml(yaml.safe_load(text)) == text
