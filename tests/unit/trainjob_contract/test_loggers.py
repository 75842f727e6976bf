import pytest
from tests.devcluster.cache import ROOT

from trainjob_contract.loggers import IN_OUR_IMAGES, PACKAGES, package_of

REQUIREMENTS = (ROOT / "images" / "torchtune" / "requirements.txt").read_text()


@pytest.mark.parametrize("package", PACKAGES.values())
def test_our_images_have_what_is_said(package: str) -> None:
    assert (f"\n{package.replace('_', '-')}==" in REQUIREMENTS) == (package in IN_OUR_IMAGES)


@pytest.mark.parametrize(
    ("component", "package"),
    [
        ("torchtune.training.metric_logging.WandBLogger", "wandb"),
        ("torchtune.training.MLFlowLogger", "mlflow"),
        ("torchtune.training.metric_logging.DiskLogger", None),
        ("mine.WandBLogger", None),
        ("WandBLogger", None),
        ("", None),
    ],
)
def test_what_a_logger_needs(component: str, package: str | None) -> None:
    assert package_of(component) == package
