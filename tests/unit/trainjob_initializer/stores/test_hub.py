import pytest
from huggingface_hub.hf_api import RepoFile

from trainjob_initializer.download.selection import RemoteFile
from trainjob_initializer.stores.errors import NoHubError
from trainjob_initializer.stores.hub import _check_path, _describe


@pytest.mark.parametrize("path", ["../output/x", "/etc/passwd", "a/../../b", "a//b", "./a", "a/.", ".", "", "a\0b"])
def test_paths_that_reach_out_of_the_folder(path: str) -> None:
    with pytest.raises(NoHubError):
        _check_path(path)


@pytest.mark.parametrize("path", ["a..b/c", "..a", "data/lang=de/part-0[1].parquet", "-x", "a b", "~/x", "ä/ß.txt"])
def test_paths_that_are_odd(path: str) -> None:
    _check_path(path)


def test_the_content_of_a_file_has_a_name() -> None:
    small = RepoFile(path="config.json", size=2, oid="git")  # type: ignore[no-untyped-call] # the client's
    large = RepoFile(  # type: ignore[no-untyped-call] # the client's
        path="x.bin", size=3, oid="git", lfs={"oid": "sha", "size": 3, "pointerSize": 1}, xetHash="xet"
    )

    assert _describe(small) == RemoteFile("config.json", 2, "git")
    assert _describe(large) == RemoteFile("x.bin", 3, "sha", "sha", "xet")
