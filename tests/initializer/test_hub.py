"""The local Hub answers the real client as the real Hub would."""

from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tests.hub import Hub, HubServer
from tests.initializer.conftest import DATASET, MODEL, STRANGER, TOKEN


def test_snapshot(hub: HubServer, tmp_path: Path) -> None:
    folder = snapshot_download("org/data", repo_type="dataset", endpoint=hub.url, cache_dir=tmp_path)

    found = sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())
    assert found == sorted(DATASET)


def test_facts_and_lists(hub: HubServer) -> None:
    api = HfApi(endpoint=hub.url)

    info = api.model_info("org/model")

    assert sorted(one.rfilename for one in info.siblings or []) == sorted(MODEL)
    assert api.model_info("org/model", revision=info.sha).sha == info.sha
    assert api.model_info("org/model", revision="v1").sha != info.sha
    paths = api.get_paths_info("org/model", ["config.json", "nothing"])
    assert [path.path for path in paths] == ["config.json"]
    assert api.file_exists("org/model", "config.json")
    assert not api.repo_exists("org/missing")


def test_refusals(hub: HubServer, tmp_path: Path, shelf: Path) -> None:
    hub.add_repo("model", "org/gated", shelf / "model", granted=[TOKEN])
    api = HfApi(endpoint=hub.url)

    with pytest.raises(RepositoryNotFoundError):
        api.model_info("org/missing", token=TOKEN)
    with pytest.raises(RevisionNotFoundError):
        api.model_info("org/model", revision="v2")
    with pytest.raises(RemoteEntryNotFoundError):
        hf_hub_download("org/model", "nothing", endpoint=hub.url, cache_dir=tmp_path)
    with pytest.raises(GatedRepoError):
        hf_hub_download("org/gated", "config.json", endpoint=hub.url, cache_dir=tmp_path, token=STRANGER)
    with pytest.raises(HfHubHTTPError, match="Invalid credentials in Authorization header"):
        api.model_info("org/model", token="hf_unknown")  # noqa: S106 - made up


async def test_in_an_event_loop(shelf: Path) -> None:
    async with Hub() as hub:
        hub.add_repo("model", "org/model", shelf / "model")

        assert hub.url.startswith("http://127.0.0.1:")
