import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.factories.training import checkpointer, training

from trainjob_torchtune.preflight.folder import describe
from trainjob_torchtune.preflight.model.checkpoint import check_checkpoints
from trainjob_torchtune.preflight.model.tokenizer import check_tokenizer
from trainjob_torchtune.preflight.sight import Sight, find_barrier, look_for_file, look_for_folder

NOBODY = 65532


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file, into which this process may not look."""
    folder = tmp_path / "original"
    folder.mkdir()
    (folder / "tokenizer.model").touch()
    user, is_root = os.geteuid(), os.geteuid() == 0
    for above in tmp_path.parents if is_root else ():
        if above.is_relative_to("/tmp") and above != Path("/tmp") and above.stat().st_mode & 0o011 != 0o011:  # noqa: S108
            above.chmod(above.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)
    folder.chmod(0o000)
    if is_root:
        os.seteuid(NOBODY)
    yield folder
    os.seteuid(user)
    folder.chmod(0o700)


def test_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").touch()

    assert look_for_file(tmp_path / "a") is Sight.THERE
    assert look_for_folder(tmp_path) is Sight.THERE


@pytest.mark.parametrize("name", ["b", "a/b", "x" * 300, "nul\0"])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").touch()

    assert look_for_file(tmp_path / name) is Sight.ABSENT
    assert look_for_folder(tmp_path / name) is Sight.ABSENT
    assert look_for_file(tmp_path) is look_for_folder(tmp_path / "a") is Sight.ABSENT


def test_what_may_not_be_seen(closed: Path) -> None:
    assert look_for_file(closed / "tokenizer.model") is Sight.FORBIDDEN
    assert find_barrier(closed / "tokenizer.model").startswith(f"user {os.geteuid()} may not look into {closed}: ")
    assert describe(closed / "more") == f"{closed} cannot be listed (Permission denied)"


def test_checks_say_so(closed: Path) -> None:
    path = closed / "tokenizer.model"
    tokenizer = check_tokenizer(training(tokenizer_files=(("tokenizer.path", path),)))
    inside = check_checkpoints(training(checkpointers=(checkpointer(closed / "more"),)))
    files = check_checkpoints(training(checkpointers=(checkpointer(closed, files=("a.safetensors",)),)))

    assert tokenizer is not None
    assert inside is not None
    assert files is not None
    assert tokenizer.message.startswith(f"The tokenizer file {path} (tokenizer.path) cannot be looked for: user ")
    assert inside.message.startswith(f"The model folder {closed}/more (checkpointer.checkpoint_dir) cannot be seen: ")
    assert files.message.startswith(f"The model file {closed}/a.safetensors cannot be looked for: user ")
