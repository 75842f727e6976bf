"""What TorchTune reads in a value that a person meant otherwise."""

import pytest

from trainjob_operator.torchtune.values import find_misreading


@pytest.mark.parametrize(
    ("argument", "reading"),
    [
        ("epochs", "is not of the form key=value"),
        ("p=a=b", 'has a "=" in the value of p'),
        ("p=Answer: x", "that YAML reads as a mapping"),
        ("p=- x", "that YAML reads as a list"),
        ("p=# x", 'starts with "#", a comment in YAML'),
        ("p=x # y", 'YAML cuts at " #"'),
        ("p=yes", "has the value yes of p, which YAML reads as true or false"),
        ("p=Off", "which YAML reads as true or false"),
        ("p=1:30", "a number to the base of 60"),
        ("p=[INST] x", "no valid YAML"),
        ("p=*.bin", "no valid YAML"),
        ("p=@x", "no valid YAML"),
        ("p=\x00", "no valid YAML"),
        ("p=\ud800", "no valid YAML"),
        ("p=" + "[" * 16000, "no valid YAML"),
    ],
)
def test_misread(argument: str, reading: str) -> None:
    assert reading in (find_misreading(argument) or "")


@pytest.mark.parametrize(
    "argument",
    [
        "epochs=3",
        "dtype=bf16",
        "lr=1e-4",
        "p=",
        "p=null",
        "p=None",
        "p=True",
        "p=false",
        "p='Answer: x'",
        'p="x # y"',
        "dataset.split=train[:95%]",
        "model.lora_attn_modules=[q_proj,v_proj,output_proj]",
        "dataset.column_map={'input': 'question text', 'output': \"answer's text\"}",
        "p=2026-01-01",
        "checkpointer.checkpoint_files.max_filename=00004",
        "~lr_scheduler",
        "--nproc_per_node",
        "p=" + "a: b " * 9999,
    ],
)
def test_read_as_meant(argument: str) -> None:
    assert find_misreading(argument) is None
