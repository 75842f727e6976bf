"""The data that bundled runtimes download and read, unless a TrainJob names others."""

from dataclasses import dataclass

from trainjob_contract.workspace import DATASET, ROOT

_FOLDER = f"{ROOT}/{DATASET}"


@dataclass(frozen=True, slots=True)
class Data:
    """What the initializer downloads, and the overrides by which TorchTune reads it."""

    uri: str
    overrides: tuple[str, ...]


def _data(uri: str, component: str, folder: str = f"{_FOLDER}/data") -> Data:
    return Data(
        uri, (f"dataset=torchtune.datasets.{component}", "dataset.source=parquet", f"dataset.data_dir={folder}")
    )


INSTRUCTIONS = _data("hf://tatsu-lab/alpaca", "instruct_dataset")
"""As the runtimes that Kubeflow Trainer v2.3 bundles."""
CHAT_PAIRS = _data("hf://trl-lib/ultrafeedback_binarized", "preference_dataset")
"""Each row two conversations, ``chosen`` and ``rejected``, of messages with ``role`` and ``content``."""
PROMPTS = _data("hf://trl-internal-testing/sentiment-trl-style", "text_completion_dataset")
"""A column ``prompt``, as TorchTune's config for PPO has it."""
PICTURES = _data("hf://HuggingFaceM4/the_cauldron/ai2d", "multimodal.the_cauldron_dataset", _FOLDER)
"""A small one of its folders; what lies in another folder, or in ``data``, is found as well."""
