import pytest

from trainjob_operator.torchtune.components import has_adapters, has_none, keep_overrides

MODELS = "torchtune.models.llama3_2"


@pytest.mark.parametrize(
    ("trainjob", "kept"),
    [
        pytest.param([], "dataset=d dataset.source=s dataset.split=p dataset.data_dir=x epochs=1", id="nothing"),
        pytest.param(
            ["epochs=2"], "dataset=d dataset.source=s dataset.split=p dataset.data_dir=x", id="a key of its own"
        ),
        pytest.param(["dataset=d"], "dataset.source=s dataset.split=p dataset.data_dir=x epochs=1", id="same data set"),
        pytest.param(["dataset=e"], "dataset.source=s dataset.data_dir=x epochs=1", id="another data set"),
        pytest.param(["dataset=e", "dataset.source=t"], "epochs=1", id="another data set that lies elsewhere"),
        pytest.param(
            ["dataset.data_files=f"], "dataset=d dataset.source=s dataset.split=p epochs=1", id="files for a folder"
        ),
    ],
)
def test_what_stays_of_the_runtimes_overrides(trainjob: list[str], kept: str) -> None:
    runtime = ["dataset=d", "dataset.source=s", "dataset.split=p", "dataset.data_dir=x", "epochs=1"]

    assert " ".join(keep_overrides(runtime, trainjob)) == kept


@pytest.mark.parametrize(
    ("runtime", "trainjob", "kept"),
    [
        pytest.param(
            "dataset=d dataset.column_map={input:q,output:a} dataset.new_system_prompt=x dataset.source=s",
            "dataset=e",
            "dataset.source=s",
            id="column map and prompt are the old builder's",
        ),
        pytest.param("dataset=d dataset.packed=True", "dataset._component_=e", "", id="a component spelt out"),
        pytest.param("dataset._component_=d dataset.packed=True", "dataset=d", "dataset.packed=True", id="the same"),
        pytest.param(
            "dataset=d dataset.packed=True",
            "dataset=torchtune.datasets.chat_dataset",
            "dataset.packed=True",
            id="one that packs as well",
        ),
        pytest.param("dataset.packed=True", "~dataset.packed", "", id="a key that is taken away"),
        pytest.param(
            "tokenizer=t tokenizer.path=/t tokenizer.merges_file=/m tokenizer.max_seq_len=9 tokenizer.errors=e",
            "tokenizer=u",
            "tokenizer.path=/t tokenizer.merges_file=/m tokenizer.max_seq_len=9",
            id="tokenizer",
        ),
        pytest.param(
            "optimizer=a optimizer.fused=True optimizer_in_bwd=False",
            "optimizer=b",
            "optimizer_in_bwd=False",
            id="optimizer",
        ),
        pytest.param("lr_scheduler.num_cycles=1 epochs=1", "lr_scheduler=b", "epochs=1", id="lr_scheduler"),
        pytest.param("loss=a loss.beta=1", "loss=b", "", id="loss"),
        pytest.param(
            "checkpointer=a checkpointer.checkpoint_files=[f] checkpointer.checkpoint_dir=/m",
            "checkpointer=b",
            "checkpointer.checkpoint_files=[f] checkpointer.checkpoint_dir=/m",
            id="checkpointers take the same",
        ),
        pytest.param(
            f"model={MODELS}.lora_llama3_2 model.num_layers=2 model.lora_rank=4",
            f"model={MODELS}.qlora_llama3_2",
            "model.num_layers=2 model.lora_rank=4",
            id="the model with a quantized base",
        ),
        pytest.param(
            f"model={MODELS}.lora_llama3_2 model.num_layers=2 model.lora_rank=4",
            f"model={MODELS}.llama3_2",
            "model.num_layers=2",
            id="the model without adapters",
        ),
        pytest.param(
            f"model={MODELS}.lora_llama3_2 model.num_layers=2 model.lora_rank=4",
            f"model={MODELS}.lora_llama3_2_1b",
            "model.lora_rank=4",
            id="another model",
        ),
        pytest.param("model.num_layers=2 model.lora_rank=4", "model=mine.model", "model.lora_rank=4", id="one's own"),
    ],
)
def test_arguments_go_with_their_component(runtime: str, trainjob: str, kept: str) -> None:
    assert " ".join(keep_overrides(runtime.split(), trainjob.split())) == kept


@pytest.mark.parametrize(
    ("builder", "expected"),
    [
        (f"{MODELS}.llama3_2_1b", (False, True)),
        (f"{MODELS}.lora_llama3_2_1b", (True, False)),
        (f"{MODELS}.qlora_llama3_2_1b", (True, False)),
        ("mine.model", (False, False)),
        (None, (False, False)),
    ],
)
def test_adapters_are_told_by_the_builders_name(builder: str | None, expected: tuple[bool, bool]) -> None:
    assert (has_adapters(builder), has_none(builder)) == expected
