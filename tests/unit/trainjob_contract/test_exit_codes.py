"""Exit codes: what the README of each image says of them, to the number."""

import re
from enum import IntEnum

import pytest
from tests.devcluster.cache import ROOT

from trainjob_contract.exit_codes import InitializerExitCode, TrainerExitCode


@pytest.mark.parametrize(
    ("image", "codes"), [("torchtune", TrainerExitCode), ("initializer", InitializerExitCode)], ids=str
)
def test_each_stands_in_the_readme_of_its_image(image: str, codes: type[IntEnum]) -> None:
    text = (ROOT / "images" / image / "README.md").read_text()

    documented = {int(number) for number in re.findall(r"^\| (\d+) \| ", text, re.MULTILINE)}
    assert set(codes) - documented == set()
