import pytest

from trainjob_contract.tune_run import TuneRun, parse_tune_run
from trainjob_operator.torchtune.faults import find_faults

FULL = "full_finetune_distributed --config llama3_2/1B_full"
LORA = "lora_finetune_single_device --config llama3_2/1B_lora_single_device"
DPO = "lora_dpo_distributed --config llama3_1/8B_lora_dpo"
MODELS = "model=torchtune.models.llama3_2"
SMALL = f"{MODELS}.lora_llama3_2 model.embed_dim=576 model.num_heads=9 model.num_kv_heads=3"


def faults(command: str) -> list[tuple[str, str]]:
    run = parse_tune_run(f"tune run {command}".split())
    assert isinstance(run, TuneRun)
    return [(fault.key, fault.message) for fault in find_faults(run)]


@pytest.mark.parametrize(
    ("command", "key", "words"),
    [
        (f"{FULL} batch_size=many", "batch_size", "has batch_size=many: it has to be a whole number, 1 or more"),
        (f"{FULL} batch_size=4 batch_size=0", "batch_size", "batch_size=0: it has to be"),
        (f"{FULL} epochs=1.5", "epochs", "a whole number"),
        (f"{FULL} gradient_accumulation_steps=-1", "gradient_accumulation_steps", "a whole number"),
        (f"{FULL} max_steps_per_epoch=0", "max_steps_per_epoch", "a whole number"),
        (f"{FULL} optimizer.lr=fast", "optimizer.lr", "it has to be a number, such as 2e-5"),
        (f"{FULL} dtype=fp16", "dtype", "has dtype=fp16: recipes train in dtype=bf16 or dtype=fp32"),
        (f"{FULL} device=gpu", "device", "torch knows device=cuda and device=cpu"),
        (f"{FULL} model.lora_rank=8", "model.lora_rank", "add model.lora_attn_modules=[q_proj,v_proj] for LoRA, or"),
        (f"{FULL} {MODELS}.lora_llama3_2_1b", "model", "trains all weights: name a recipe for LoRA, or the builder"),
        (f"{LORA} {MODELS}.llama3_2_1b", "model", "trains adapters: name the builder of that model whose name begins"),
        (f"{LORA} model.lora_attn_modules=[]", "model.lora_attn_modules", "a list of at least one of q_proj, k_proj"),
        (f"{LORA} model.lora_attn_modules=q_proj", "model.lora_attn_modules", "a list of at least one of"),
        (
            f"{LORA} model.lora_attn_modules=[q_proj,o_proj,up_proj]",
            "model.lora_attn_modules",
            "there is no o_proj, no up_proj among q_proj, k_proj, v_proj, output_proj, and TorchTune would leave",
        ),
        (
            f"{LORA} model.lora_attn_modules=[q_proj,o_proj,up_proj]",
            "model.lora_attn_modules",
            "; write model.apply_lora_to_mlp=True and output_proj, as TorchTune calls it",
        ),
        (
            f"{LORA} {SMALL} model.quantize_base=True",
            "model.quantize_base",
            "has model.quantize_base=True, but q_proj has 576 x 576 weights, which is no multiple of 16384: set model.",
        ),
        (f"{LORA} {SMALL.replace('.lora_', '.qlora_')}", "model", "qlora_llama3_2, but q_proj has 576 x 576 weights"),
        (f"{FULL} dataset.packed=True", "dataset.packed", "tokenizer.max_seq_len, and that is not set: add, for"),
        (
            f"{FULL} output_dir=/m/out checkpointer.checkpoint_dir=/m",
            "output_dir",
            "has output_dir=/m/out inside checkpointer.checkpoint_dir=/m: name a folder outside it",
        ),
    ],
)
def test_what_cannot_run(command: str, key: str, words: str) -> None:
    [(found, message)] = faults(command)

    assert found == key
    assert words in message


@pytest.mark.parametrize(
    "command",
    [
        f"{FULL} batch_size=4 epochs=1 max_steps_per_epoch=None gradient_accumulation_steps=null",
        f"{FULL} batch_size=${{base}} optimizer.lr=2e-5 dtype=bf16 device=cuda:0",
        f"{LORA} model.lora_attn_modules=[q_proj,k_proj,v_proj,output_proj] {MODELS}.qlora_llama3_2_1b",
        f"{LORA} {SMALL} model.quantize_base=False",
        f"{LORA} {SMALL} model.embed_dim=2048 model.num_heads=32 model.num_kv_heads=8 model.quantize_base=True",
        f"{LORA} {SMALL} model.embed_dim=${{width}} model.quantize_base=True",
        f"{LORA} {MODELS}.lora_llama3_2_1b model.quantize_base=True model.apply_lora_to_mlp=True",
        f"{LORA} model=mine.lora_model model.embed_dim=576 model.num_heads=9 model.quantize_base=True",
        f"{FULL} dataset.packed=True tokenizer.max_seq_len=2048",
        f"{FULL} dataset.packed=False",
        f"{FULL} model=mine.model model.lora_rank=8",
        f"{FULL} output_dir=/model/out checkpointer.checkpoint_dir=/mod",
        f"{DPO} dataset.packed=True",
        "full_finetune_distributed --config mine.yaml model.lora_rank=8",
        "mine.py --config mine.yaml batch_size=many",
        "eleuther_eval --config eleuther_evaluation dtype=fp16",
    ],
)
def test_what_can_run_or_is_not_known(command: str) -> None:
    assert faults(command) == []
