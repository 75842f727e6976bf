"""A Hub that is started as a program serves for as long as it is told."""

import subprocess
import sys
from collections.abc import Iterator
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from tests.devcluster.cache import ROOT

HUB = (sys.executable, "-m", "tests.hub")
Hub = subprocess.Popen[str]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def test_it_ends_with_another_process(sleeper: subprocess.Popen[bytes]) -> None:
    argv = (*HUB, f"--until-end-of={sleeper.pid}", f"--model=org/name={ROOT / 'runtimes'}")
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as hub:
        assert hub.stdout is not None
        url = hub.stdout.readline().strip().removeprefix("HF_ENDPOINT=")
        with urlopen(f"{url}/api/models/org/name") as answer:  # noqa: S310 - http, as the Hub says
            assert answer.status == 200
        sleeper.kill()

        assert hub.wait(timeout=30) == 0
    with pytest.raises(URLError):
        urlopen(url, timeout=5)  # noqa: S310 - as above


def test_it_does_not_begin_after_the_other_s_end(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    sleeper.wait()
    argv = (*HUB, f"--until-end-of={sleeper.pid}")

    hub = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert (hub.returncode, hub.stdout) == (1, "")
    assert "ProcessLookupError" in hub.stderr
