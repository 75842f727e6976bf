"""Every place that reads YAML, with texts that come to much more than they look like."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.factories.bombs import BOMBS, doubling
from tests.factories.objects import SDK, rejected, runtime_with, trainjob
from tests.factories.requests import created

import trainjob_operator
from trainjob_operator.api.trainjob import RuntimeRef
from trainjob_operator.controller.cache.snapshots import read_snapshot
from trainjob_operator.controller.kube.connection import from_kubeconfig
from trainjob_operator.errors import ConfigurationError, InvalidObjectError, UnreadableTextError
from trainjob_operator.plain_yaml import kind_of, load, load_all
from trainjob_operator.plan.documents import read_documents

PACKAGE = Path(trainjob_operator.__file__).parent
READS = re.compile(r"\byaml\.(\w*load\w*|compose\w*|parse|scan)\b")
KEYS = ("model.lora_attn_modules", "batch_size", "dataset.new_system_prompt")
LIMIT = 20_000


def _of_a_snapshot(text: str) -> str:
    with suppress(InvalidObjectError):
        body = {"metadata": {"name": "j-runtime-snapshot"}, "data": {"runtime": text}}
        read_snapshot(body, RuntimeRef(name="r"))
    return ""


def _of_an_argument(text: str) -> str:
    answers = [created(trainer={"command": SDK, "args": [f"{key}={text}"]}) for key in KEYS]
    return "".join(answer.message + "".join(answer.warnings) for answer in answers)


def _of_a_runtime(text: str) -> str:
    command = ["tune", "run", "lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device"]
    runtime = runtime_with(node={"command": [*command, f"{KEYS[0]}={text}"]})
    return rejected(trainjob(), runtime).message


def _of_documents(text: str) -> str:
    return "".join(read_documents([("job.yaml", text.encode())], "team").errors)


@pytest.fixture
def of_a_kubeconfig(tmp_path: Path) -> Callable[[str], str]:
    def read(text: str) -> str:
        (tmp_path / "config").write_text(text)
        with pytest.raises(ConfigurationError) as raised:
            from_kubeconfig(tmp_path / "config")
        return str(raised.value)

    return read


PLACES = {
    "controller/cache/snapshots.py": _of_a_snapshot,
    "torchtune/values.py": _of_an_argument,
    "torchtune/faults.py": _of_a_runtime,
    "plan/documents.py": _of_documents,
}
OWN_FILES = {"plan/shipped.py", "torchtune/catalogue.py", "torchtune/keys.py", "torchtune/models.py"}


def test_yaml_is_read_in_one_place_and_every_place_that_asks_for_it_is_tested_here() -> None:
    texts = {str(file.relative_to(PACKAGE)): file.read_text() for file in PACKAGE.rglob("*.py")}
    own = {name: text for name, text in texts.items() if not name.startswith("generate/")}

    assert {name for name, text in texts.items() if READS.search(text)} == {"plain_yaml.py"}
    asking = {name for name, text in own.items() if "trainjob_operator.plain_yaml import" in text}
    assert asking == {*PLACES, *OWN_FILES, "controller/kube/connection.py"}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_place_that_reads_yaml_says_little_and_is_done(place: Callable[[str], str], text: str) -> None:
    assert len(place(text)) < LIMIT


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_kubeconfig_is_refused_by_its_name(of_a_kubeconfig: Callable[[str], str], text: str) -> None:
    assert len(of_a_kubeconfig(text)) < LIMIT


@pytest.mark.parametrize("name", BOMBS)
def test_nothing_else_than_an_error_that_is_known_is_raised(name: str) -> None:
    for is_trusting in (False, True):
        with suppress(UnreadableTextError):
            assert not isinstance(load(BOMBS[name], with_references=is_trusting), str)
    with suppress(UnreadableTextError):
        kind_of(BOMBS[name])


@pytest.mark.parametrize("name", ["itself", "doubling", "one list many times", "merged"])
def test_references_are_refused(name: str) -> None:
    with pytest.raises(UnreadableTextError, match="anchors"):
        load(BOMBS[name])


def test_what_references_stand_for_is_counted_where_they_are_allowed() -> None:
    assert load(doubling(3, 2), with_references=True) == [["x"] * 2, [["x"] * 2] * 2, [[["x"] * 2] * 2] * 2]
    with pytest.raises(UnreadableTextError, match="more than is read"):
        load(doubling(11), with_references=True)
    with pytest.raises(UnreadableTextError, match="to itself"):
        load("&a [*a,*a]", with_references=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("[a, [b, {c: d}]]", ["a", ["b", {"c": "d"}]]),
        ("'*a & b'", "*a & b"),
        ("a *b &c", "a *b &c"),
        ("9" * 300, int("9" * 300)),
        ("deadbeef" * 200, "deadbeef" * 200),
        ('"' + "9" * 1000 + '"', "9" * 1000),
        ("[" * 90 + "]" * 90, eval("[" * 90 + "]" * 90)),  # noqa: S307 - brackets alone
    ],
    ids=[
        "nothing",
        "lists",
        "quoted marks",
        "marks inside",
        "a long number",
        "a long word",
        "digits in quotes",
        "deep",
    ],
)
def test_what_is_unusual_is_read_all_the_same(text: str, value: object) -> None:
    assert load(text) == value


def test_a_file_may_refer_to_its_own_parts() -> None:
    text = "kind: A\nenv: &env [{name: HF_TOKEN}]\nother: *env\nbase: &b {x: 1}\nmore: {<<: *b, y: 2}\n---\nkind: B\n"

    first, second = load_all(text, with_references=True)

    assert first["other"] == [{"name": "HF_TOKEN"}]
    assert first["more"] == {"x": 1, "y": 2}
    assert second == {"kind": "B"}
