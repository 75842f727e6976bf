from pathlib import Path

import pytest

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind, Source
from trainjob_initializer.failure import Failure
from trainjob_initializer.settings import Settings, read_settings

URI = {"STORAGE_URI": "hf://org/repo"}
DEFAULTS = Settings(
    source=Source(Kind.MODEL, "org/repo"),
    destination=Path("/workspace/model"),
    token=None,
    ignore_patterns=(),
    host="",
    progress_s=5,
    stall_s=90,
    give_up_s=300,
)


def test_defaults() -> None:
    assert read_settings(["model"], URI) == DEFAULTS


def test_empty_variables_count_as_not_set() -> None:
    names = ("ACCESS_TOKEN", "HF_TOKEN", "IGNORE_PATTERNS", "TRAINJOB_WORKSPACE", "TRAINJOB_STALL_SECONDS")

    assert read_settings(["model"], URI | dict.fromkeys(names, "")) == DEFAULTS


def test_kind_from_the_environment() -> None:
    assert read_settings([], URI | {"INITIALIZER_KIND": "model"}) == DEFAULTS


@pytest.mark.parametrize(
    ("environment", "token"),
    [
        ({"ACCESS_TOKEN": " one\n"}, "one"),
        ({"HF_TOKEN": "two"}, "two"),
        ({"ACCESS_TOKEN": "one", "HF_TOKEN": "two"}, "one"),
    ],
    ids=["access-token", "hf-token", "both"],
)
def test_token(environment: dict[str, str], token: str) -> None:
    settings = read_settings(["model"], URI | environment)

    assert isinstance(settings, Settings)
    assert settings.token == token


def test_ignore_patterns_are_separated_by_commas() -> None:
    settings = read_settings(["dataset"], URI | {"IGNORE_PATTERNS": "*.bin, *.pt,,*.pth "})

    assert isinstance(settings, Settings)
    assert settings.ignore_patterns == ("*.bin", "*.pt", "*.pth")


@pytest.mark.parametrize(
    ("words", "environment", "failure"),
    [
        (
            [],
            URI,
            Failure(ExitCode.USAGE, "Say what to download: the argument must be dataset or model, not (none)."),
        ),
        (
            ["weights"],
            URI,
            Failure(ExitCode.USAGE, "Say what to download: the argument must be dataset or model, not weights."),
        ),
        (
            ["dataset"],
            {"STORAGE_URI": ""},
            Failure(ExitCode.USAGE, "STORAGE_URI is not set: set initializer.dataset.storageUri, e.g. hf://org/repo."),
        ),
        (
            ["model"],
            URI | {"TRAINJOB_STALL_SECONDS": "soon"},
            Failure(ExitCode.USAGE, "TRAINJOB_STALL_SECONDS must be a number of seconds, not soon."),
        ),
        (
            ["model"],
            URI | {"ACCESS_TOKEN": "hf_good and more"},
            Failure(ExitCode.BAD_TOKEN, "The given token (ACCESS_TOKEN) has characters in it that no token has."),
        ),
    ],
    ids=["no-kind", "bad-kind", "no-uri", "bad-seconds", "bad-token"],
)
def test_refused(words: list[str], environment: dict[str, str], failure: Failure) -> None:
    assert read_settings(words, environment) == failure
