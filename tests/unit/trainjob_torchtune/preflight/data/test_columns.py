import pytest
from tests.factories.training import dataset

from trainjob_torchtune.preflight.data.columns import advise_columns, check_columns, is_known
from trainjob_torchtune.preflight.data.shapes import Columns, describe_columns
from trainjob_torchtune.run.training import DatasetSource
from trainjob_torchtune.violation import Violation

CHAT = "dataset=torchtune.datasets.chat_dataset dataset.conversation_column"
TURNS = {
    "messages": [{"role": "user", "content": "Hi."}],
    "conversations": [{"from": "human", "value": "Hi."}],
    "dialogue": [{"content": "Hi.", "role": "user", "name": "x"}],
}
MAP = {"input": "q", "output": "a"}


def columns(present: list[str]) -> Columns:
    return describe_columns(present, TURNS)


@pytest.mark.parametrize(
    ("source", "present"),
    [
        (dataset(), ["input", "output"]),
        (dataset(column_map=MAP), ["a", "q"]),
        (dataset("alpaca_dataset"), ["instruction", "output"]),
        (dataset("alpaca_cleaned_dataset", column_map={"instruction": "q"}), ["q", "output"]),
        (dataset("preference_dataset"), ["chosen", "rejected"]),
        (dataset("text_completion_dataset"), ["text"]),
        (dataset("text_completion_dataset", column="body"), ["body"]),
        (dataset("chat_dataset", conversation_column="turns", conversation_style="openai"), ["turns"]),
    ],
    ids=lambda value: value.component.rpartition(".")[2] if isinstance(value, DatasetSource) else None,
)
def test_columns_that_are_there(source: DatasetSource, present: list[str]) -> None:
    assert is_known(source)
    assert check_columns(source, columns(present)) is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            dataset(),
            (
                "The data set has no column input and no column output, which torchtune.datasets.instruct_dataset "
                "reads; it has x, y: name the columns to train on with "
                "dataset.column_map={input: COLUMN, output: COLUMN}."
            ),
        ),
        (
            dataset("text_completion_dataset"),
            (
                "The data set has no column text, which torchtune.datasets.text_completion_dataset reads; it has x, y: "
                "name the column to train on with dataset.column=COLUMN."
            ),
        ),
        (
            dataset("chat_dataset"),
            (
                "dataset needs the argument conversation_column for chat_dataset, the name of a column; it has x, y: "
                "name one of these."
            ),
        ),
        (
            dataset("chat_dataset", conversation_column="x", conversation_style="chatml"),
            (
                "dataset.conversation_style is chatml; chat_dataset knows openai and sharegpt: set it to openai for "
                "turns of role and content, to sharegpt for turns of from and value."
            ),
        ),
        (dataset(column_map={"input": "x"}), "column_map names input; it has to name both input and output."),
        (dataset(column_map="x"), "column_map is 'x'; write it as {input: COLUMN, output: COLUMN}."),
    ],
    ids=["mapped", "by-column", "no-argument", "no-style", "half-a-map", "no-map"],
)
def test_columns_that_are_missing(source: DatasetSource, message: str) -> None:
    violation = check_columns(source, columns(["x", "y"]))

    assert violation is not None
    assert violation.message == message


@pytest.mark.parametrize(
    ("source", "present", "overrides"),
    [
        (dataset(), ["question", "answer", "id"], "dataset.column_map={input:question,output:answer}"),
        (dataset(), ["prompt", "completion"], "dataset.column_map={input:prompt,output:completion}"),
        (
            dataset(),
            ["id", "messages"],
            f"{CHAT}=messages dataset.conversation_style=openai",
        ),
        (dataset(), ["dialogue"], f"{CHAT}=dialogue dataset.conversation_style=openai"),
        (
            dataset("alpaca_dataset"),
            ["conversations"],
            f"{CHAT}=conversations dataset.conversation_style=sharegpt",
        ),
        (
            dataset("chat_dataset"),
            ["messages"],
            "dataset.conversation_column=messages dataset.conversation_style=openai",
        ),
        (dataset("text_completion_dataset"), ["chosen", "rejected"], "dataset=torchtune.datasets.preference_dataset"),
        (
            dataset("preference_dataset"),
            ["instruction", "input", "output"],
            "dataset=torchtune.datasets.alpaca_dataset",
        ),
        (dataset(), ["text"], "dataset=torchtune.datasets.text_completion_dataset dataset.column=text"),
    ],
)
def test_columns_of_a_known_shape(source: DatasetSource, present: list[str], overrides: str) -> None:
    violation = check_columns(source, columns(present))

    assert violation is not None
    assert violation.message.endswith(f" give {overrides}.")


def test_turns_of_another_style() -> None:
    chat = dataset("chat_dataset", conversation_column="messages", conversation_style="sharegpt")

    assert check_columns(chat, columns(["messages"])) == Violation(
        "dataset.conversation_style is sharegpt, but the turns in the column messages are those of openai: give "
        "dataset.conversation_style=openai."
    )


def test_preferences_are_no_conversation() -> None:
    violation = check_columns(dataset(), {"chosen": ("openai",), "rejected": ("openai",)})

    assert violation is not None
    assert violation.message.endswith(" give dataset=torchtune.datasets.preference_dataset.")


@pytest.mark.parametrize(
    ("source", "is_warned"),
    [(dataset(), True), (dataset(column_map={"input": "instruction", "output": "output"}), False),
     (dataset("alpaca_dataset"), False)],
)  # fmt: skip
def test_alpacas_instruction_is_missed(source: DatasetSource, *, is_warned: bool) -> None:
    advice = advise_columns(source, columns(["instruction", "input", "output", "text"]))

    assert (advice is not None) is is_warned
    assert advice is None or "Give dataset=torchtune.datasets.alpaca_dataset to train on the instruction" in advice


@pytest.mark.parametrize("component", ["torchtune.datasets.samsum_dataset", "mine.instruct_dataset"])
def test_builders_that_are_not_known(component: str) -> None:
    assert not is_known(DatasetSource("dataset", component, {}))
