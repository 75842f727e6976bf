"""Random objects from a structural schema: most of them valid, some with one thing wrong, some with nothing right."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from random import Random
from typing import Any

from tests.factories.bombs import BOMBS
from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.naming import GROUP

Schema = Mapping[str, Any]
Body = dict[str, Any]

_WORDS = (
    *("node", "dataset-initializer", "model-initializer", "initializer", "tune", "run", "a", "", "auto", "cpu", "gpu"),
    *(
        "acme.io/me",
        "trainer.kubeflow.org/trainjob-controller",
        "TrainingRuntime",
        GROUP,
        "/workspace",
        "\ufffd",
        "x\n",
    ),
    *("epochs=1", "epcohs=3", "dataset.new_system_prompt=a: b", "model.quantize_base=True", "output_dir=/x", "=", "~x"),
    *("2026-01-01T00:00:00Z", "torchtune-llama3.2-1b", "hf://a/b", "PET_NNODES", "ACCESS_TOKEN", "x" * 70, "0.5"),
    *(f"model.lora_attn_modules={bomb[:400]}" for bomb in BOMBS.values()),
    *("\x1b[31mred", "x" * 20_000, "2026-01-01T00:00:00.000Z ERROR"),
)
_QUANTITIES = (0, 1, 2, 2.0, 0.5, "500m", "1Gi", "1e3", "1e999", "9" * 5000, "many", -1, 10**30, "٣")
_NUMBERS = (0, 1, 2, 5, -1, 2**31, 2**63, 10**40, 0.5, 2.0)
JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    1.5,
    "",
    "junk",
    [],
    {},
    [None],
    {"name": None},
    [[]],
    [{"name": []}],
    {"": {}},
)
# Of maps whose keys people choose; some are called as fields are whose lists merge.
_NAMES = {"nvidia.com/gpu", "cpu", "memory", "a", "", "env", "volumes", "containers", "volumeMounts", "\x1b[31m"}


def schema_of(plural: str) -> Schema:
    """Give the schema of one of our kinds."""
    [version] = custom_resource_definitions()[f"{GROUP}_{plural}.yaml"]["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


def objects(seed: int, plural: str, example: Body, pairs: int) -> Iterator[Body]:
    """Yield pairs: an object that is made from the schema, and the example with things in it exchanged."""
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    schema = schema_of(plural)
    for number in range(pairs):
        wrong = (0, 0.002, 0.02, 0.2)[number % 4]
        made = generate(random, schema, wrong=wrong)
        metadata = example["metadata"] if wrong < 0.1 else random.choice(({}, None, {"name": "j"}))
        yield {**(made if isinstance(made, dict) else {}), "metadata": metadata}
        changed = deepcopy(example)
        for _ in range(random.randrange(4)):
            exchange(random, changed, wrong=wrong)
        yield changed


def generate(random: Random, schema: Schema, *, wrong: float, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """Make a value of a schema; with the probability ``wrong``, at each place, one of no schema."""
    if random.random() < wrong:
        return random.choice(JUNK)
    if schema.get("x-kubernetes-int-or-string"):
        return random.choice((*_QUANTITIES, *_WORDS) if random.random() < wrong else _QUANTITIES[:8])
    match schema.get("type"):
        case "object":
            return _generate_object(random, schema, wrong=wrong, depth=depth)
        case "array":
            size = random.choice((0, 1, 1, 2, 3))
            return [generate(random, schema["items"], wrong=wrong, depth=depth + 1) for _ in range(size)]
        case _:
            return _generate_scalar(random, schema, wrong=wrong)


def _generate_scalar(random: Random, schema: Schema, *, wrong: float) -> bool | float | str:
    match schema.get("type"):
        case "boolean":
            return random.random() < 0.5
        case "integer":
            return random.choice(_NUMBERS if random.random() < wrong else _NUMBERS[:4])
        case _ if schema.get("format") == "date-time":
            return "2026-01-01T00:00:00Z"
        case _:
            word: str = random.choice(schema.get("enum") or _WORDS)
            return word


def _generate_object(random: Random, schema: Schema, *, wrong: float, depth: int) -> dict[str, Any]:
    if "additionalProperties" in schema:
        names = random.sample(sorted(_NAMES), k=random.randrange(3))
        return {name: generate(random, schema["additionalProperties"], wrong=wrong, depth=depth + 1) for name in names}
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    chance = max(0.08, min(0.7, 3 / (1 + len(properties)))) if depth > 1 else 0.6
    return {
        name: generate(random, nested, wrong=wrong, depth=depth + 1)
        for name, nested in properties.items()
        if (name in required and random.random() > wrong) or random.random() < chance
    }


def exchange(random: Random, value: Any, *, wrong: float) -> Any:  # noqa: ANN401 - as above
    """Exchange one thing somewhere in a value: for its like, or with the probability ``wrong`` for anything."""
    holder = value
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = random.choice(keys)
        if not isinstance(holder[key], dict | list) or not holder[key] or random.random() < wrong:
            holder[key] = (
                random.choice((*JUNK, deepcopy(value))) if random.random() < wrong else _like(random, holder[key])
            )
            return value
        holder = holder[key]


def _like(random: Random, value: object) -> object:
    match value:
        case bool():
            return not value
        case int() | float():
            return random.choice(_NUMBERS[:4])
        case str():
            return random.choice(_WORDS)
        case _:
            return value
