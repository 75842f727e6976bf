"""The folder of a download while another run works in it."""

import threading
from pathlib import Path

from trainjob_initializer.download.folder import share


def test_files_that_come_and_go_meanwhile_are_left_to_the_run_that_they_belong_to(tmp_path: Path) -> None:
    done = threading.Event()

    def come_and_go() -> None:
        while not done.is_set():
            folder = tmp_path / "parts"
            folder.mkdir(exist_ok=True)
            files = [folder / str(number) for number in range(20)]
            for file in files:
                file.touch(mode=0o600)
            for file in files:
                file.unlink()
            folder.rmdir()

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for _ in range(300):
            share(tmp_path)
    finally:
        done.set()
        other.join()
