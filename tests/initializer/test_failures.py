"""Every way to end: the exit code, and the one line that says what to do."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.hub import Fault, HubServer
from tests.initializer.conftest import STRANGER, TOKEN, Container

NAME_ONE = "name a Secret with a token under ACCESS_TOKEN in initializer.model.secretRef"
OR_PRIVATE = f", or, if it is private, {NAME_ONE}"
CHECK = "check initializer.model.storageUri"
TERMS = "accept its terms at URL/org/gated"
HAS = (
    "config.json, merges.txt, model.safetensors, original, original_repo_id.json, pytorch_model.bin, small, vocab.json"
)
FINE_GRAINED = (
    "a fine-grained token also needs the permission to read the contents of public gated repositories, or of this one"
)
FORMS = "hf://org/repo, hf://repo, either with @revision, /folder or /folder/file behind it"


@dataclass(frozen=True)
class Ending:
    """A URI, and how the download of it ends; URL stands for the Hub's."""

    uri: str
    code: int
    line: str
    token: str = ""


@pytest.fixture(autouse=True)
def _closed_repositories(hub: HubServer, shelf: Path) -> None:
    hub.add_repo("model", "org/gated", shelf / "model", granted=[TOKEN])
    hub.add_repo("dataset", "org/gated", shelf / "dataset", granted=[TOKEN])
    hub.add_repo("model", "org/private", shelf / "model", private=True)


@pytest.mark.parametrize(
    "ending",
    [
        Ending(
            "s3://bucket/key", 2, f"The storage URI s3://bucket/key is not supported: this version downloads {FORMS}."
        ),
        Ending(
            "hf://org/missing", 10, f"There is no model org/missing at URL: {CHECK}, or, if it is private, {NAME_ONE}."
        ),
        Ending(
            "hf://org/private", 10, f"There is no model org/private at URL: {CHECK}, or, if it is private, {NAME_ONE}."
        ),
        Ending("hf://org/missing", 10, f"There is no model org/missing at URL: {CHECK}.", token=TOKEN),
        Ending(
            "hf://org/model@v2",
            10,
            "The model org/model has no revision v2: check what follows the @ in initializer.model.storageUri.",
        ),
        Ending("hf://org/model/smal", 10, f"The model org/model has no smal, it has {HAS}: {CHECK}."),
        Ending("hf://org/gated", 11, f"The model org/gated is gated: {TERMS}, and {NAME_ONE}."),
        Ending(
            "hf://org/gated",
            11,
            "The model org/gated is gated, and the given token has no access:"
            f" {TERMS} with its account; {FINE_GRAINED}; or {NAME_ONE}.",
            token=STRANGER,
        ),
        Ending(
            "hf://org/model",
            12,
            f"URL does not know the given token: it is mistyped, expired or revoked; {NAME_ONE}.",
            token="hf_mistyped",  # noqa: S106 - made up
        ),
        Ending(
            "hf://org/model/original/consolidated.00.pth",
            15,
            "Nothing of the model org/model would be downloaded: IGNORE_PATTERNS leaves out *.pth, but it has"
            " original/consolidated.00.pth.",
        ),
    ],
    ids=[
        "unsupported",
        "missing",
        "private",
        "missing-with-token",
        "no-revision",
        "no-path",
        "gated",
        "gated-with-token",
        "bad-token",
        "nothing-matches",
    ],
)
def test_model(container: Container, hub: HubServer, ending: Ending) -> None:
    outcome = container.run("model", ending.uri, ACCESS_TOKEN=ending.token, IGNORE_PATTERNS="*.pth")

    line = ending.line.replace("URL", hub.url)
    assert (outcome.code, outcome.lines[-1], outcome.termination) == (ending.code, line, line)


def test_gated_dataset(container: Container, hub: HubServer) -> None:
    outcome = container.run("dataset", "hf://org/gated")

    terms = f"accept its terms at {hub.url}/datasets/org/gated"
    line = f"The dataset org/gated is gated: {terms}, and {NAME_ONE.replace('model', 'dataset')}."
    assert (outcome.code, outcome.lines[-1], outcome.termination) == (11, line, line)


def test_more_than_the_volume_holds(container: Container, hub: HubServer, tmp_path: Path) -> None:
    volume = os.statvfs(tmp_path)
    huge = tmp_path / "huge"
    huge.mkdir()
    with (huge / "model.safetensors").open("wb") as sparse:
        sparse.truncate(volume.f_bavail * volume.f_frsize + 10**11)
    hub.add_repo("model", "org/huge", huge)

    outcome = container.run("model", "hf://org/huge")

    size, folder = r"[\d.]+ [MGT]B", re.escape(str(tmp_path / "model"))
    assert outcome.code == 13
    assert re.fullmatch(
        rf"No space for the model org/huge: {size} to download, {size} free in {folder}; ask for a larger volume\.",
        outcome.termination,
    )
    assert outcome.lines[-1] == outcome.termination
    assert container.files("model") == []


def test_nobody_answers(container: Container, hub: HubServer) -> None:
    nowhere = "http://127.0.0.1:9"

    outcome = container.run("model", "hf://org/model", HF_ENDPOINT=nowhere, TRAINJOB_GIVE_UP_SECONDS="3")

    line = f"Gave up on {nowhere} ([Errno 111] Connection refused): check the network, DNS, the proxy and HF_ENDPOINT."
    assert (outcome.code, outcome.lines[-1], outcome.termination) == (14, line, line)
    assert re.fullmatch(r"  \[Errno 111\] Connection refused; trying again in \d s", outcome.lines[1])
    assert hub.requests == []


def test_the_token_is_never_printed(container: Container, hub: HubServer) -> None:
    hub.faults.append(Fault(status=403, message=f"the token {TOKEN} may not do that"))

    outcome = container.run("model", "hf://org/model", ACCESS_TOKEN=TOKEN, HF_DEBUG="1")

    line = (
        "The given token may not read the model org/model (HTTP 403 from 127.0.0.1: the token *** may not do that):"
        f" {NAME_ONE}; {FINE_GRAINED}."
    )
    assert (outcome.code, outcome.lines[-1], outcome.termination) == (11, line, line)
    assert TOKEN not in "\n".join(outcome.lines)


def test_outside_a_pod_there_is_no_termination_log(container: Container) -> None:
    path = container.workspace / "nowhere"

    outcome = container.run("model", "s3://bucket/key", TERMINATION_MESSAGE_PATH=str(path))

    assert outcome.code == 2
    assert not path.exists()
