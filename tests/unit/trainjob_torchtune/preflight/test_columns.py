import pytest
from tests.unit.trainjob_torchtune.factory import dataset

from trainjob_torchtune.preflight.columns import check_columns, is_known
from trainjob_torchtune.training import DatasetSource

MAP = {"input": "q", "output": "a"}


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
        (dataset("chat_dataset", conversation_column="turns"), ["turns"]),
    ],
    ids=lambda value: value.component.rpartition(".")[2] if isinstance(value, DatasetSource) else None,
)
def test_columns_that_are_there(source: DatasetSource, present: list[str]) -> None:
    assert is_known(source)
    assert check_columns(source, present) is None


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
        (dataset("chat_dataset"), "dataset needs the argument conversation_column for chat_dataset."),
        (dataset(column_map={"input": "x"}), "column_map names input; it has to name both input and output."),
        (dataset(column_map="x"), "column_map is 'x'; write it as {input: COLUMN, output: COLUMN}."),
    ],
    ids=["mapped", "by-column", "no-argument", "half-a-map", "no-map"],
)
def test_columns_that_are_missing(source: DatasetSource, message: str) -> None:
    refusal = check_columns(source, ["x", "y"])

    assert refusal is not None
    assert refusal.message == message


@pytest.mark.parametrize("component", ["torchtune.datasets.samsum_dataset", "mine.instruct_dataset"])
def test_builders_that_are_not_known(component: str) -> None:
    assert not is_known(DatasetSource("dataset", component, {}))
