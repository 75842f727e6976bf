import pytest
import yaml
from tests.devcluster import torch_environment

from trainjob_operator.torchtune.extraction import _DATA, extract, render

SITE_PACKAGES = torch_environment.path() / "lib" / "python3.11" / "site-packages"


@pytest.mark.skipif(not SITE_PACKAGES.exists(), reason="`make training` installs TorchTune")
def test_the_file_is_what_the_wheel_says() -> None:
    assert _DATA.read_text() == render(extract(SITE_PACKAGES))


def test_the_file_is_what_is_written() -> None:
    text = _DATA.read_text()

    assert render(yaml.safe_load(text)) == text
