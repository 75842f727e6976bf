"""A TrainJob for every method that the shipped runtimes train by, of a tiny model."""

from dataclasses import dataclass

from tests.training.rendered import Tiny

STEPS = 16
ADAPTERS = "model.lora_attn_modules=[q_proj,k_proj,v_proj]"
SIZES = ("vocab_size=448", "num_layers=2", "num_heads=4", "num_kv_heads=2", "embed_dim=256", "intermediate_dim=512")
LLAMA_3_TOKENIZER = "tokenizer=torchtune.models.llama3.llama3_tokenizer"
QWEN_2_TOKENIZER = "tokenizer=torchtune.models.qwen2.qwen2_tokenizer"
ONE_FILE = "checkpointer.checkpoint_files=[model.safetensors]"


def paced(rate: str) -> tuple[str, ...]:
    return f"optimizer.lr={rate}", "gradient_accumulation_steps=1", f"max_steps_per_epoch={STEPS}"


def warmed(rate: str) -> tuple[str, ...]:
    return *paced(rate), "lr_scheduler.num_warmup_steps=1"


def sized(model: str) -> tuple[str, ...]:
    return tuple(f"{model}.{size}" for size in (*SIZES, "max_seq_len=2048"))


@dataclass(frozen=True, slots=True)
class Case:
    """A TrainJob, what is chosen for it, and how what TorchTune logs of its steps shows that it learns.

    `gain` is by how much the mean of `logged` falls (or, negative, rises) from the first four steps to the last.
    `exactness` is how far base and adapter may be from the merged model, as a part of what the adapter changes: merged
    is what the 4-bit base became, so with QLoRA they differ by what quantization costs.
    """

    tiny: Tiny
    recipe: str
    gain: float = 0.3
    logged: str = "loss"
    exactness: float = 1e-4


CASES = {
    "full": Case(Tiny(paced("1e-3")), "full_finetune_single_device"),
    "full, faster": Case(
        Tiny((*paced("1e-3"), "tokenizer.max_seq_len=128"), "torchtune-llama3.2-1b-fast"), "full_finetune_single_device"
    ),
    "LoRA": Case(Tiny((*warmed("1e-2"), ADAPTERS), lora=True), "lora_finetune_single_device"),
    "QLoRA": Case(
        Tiny((*warmed("1e-2"), ADAPTERS, "model.quantize_base=True"), lora=True),
        "lora_finetune_single_device",
        exactness=0.1,
    ),
    "DoRA": Case(Tiny((*warmed("1e-2"), ADAPTERS, "model.use_dora=True"), lora=True), "lora_finetune_single_device"),
    "QDoRA": Case(
        Tiny((*warmed("1e-2"), ADAPTERS, "model.quantize_base=True", "model.use_dora=True"), lora=True),
        "lora_finetune_single_device",
        exactness=0.1,
    ),
    "LoRA of Qwen2.5": Case(
        Tiny(
            (*warmed("1e-2"), ADAPTERS, ONE_FILE, QWEN_2_TOKENIZER, "model.tie_word_embeddings=True"),
            "torchtune-qwen2.5-1.5b",
            family="qwen2",
            model="qwen2",
            lora=True,
        ),
        "lora_finetune_single_device",
    ),
    "LoRA-DPO": Case(
        Tiny(
            (*warmed("1e-2"), ONE_FILE),
            "torchtune-llama3.1-8b-lora-dpo",
            family="llama3_1",
            model="untied",
            lora=True,
            dataset="preferences",
            builder="preference_dataset",
        ),
        "lora_dpo_single_device",
    ),
    "DPO": Case(
        Tiny(
            (*warmed("1e-3"), ONE_FILE, f"ref_{ONE_FILE}"),
            "torchtune-llama3.1-8b-dpo",
            family="llama3_1",
            model="untied",
            dataset="preferences",
            builder="preference_dataset",
        ),
        "full_dpo_distributed",
    ),
    "KD": Case(
        Tiny(
            (
                *warmed("1e-2"),
                *("teacher_model=torchtune.models.llama3_2.llama3_2", *sized("teacher_model")),
                "teacher_checkpointer.checkpoint_files=[model-00001-of-00001.safetensors]",
            ),
            "torchtune-llama3.2-1b-kd",
            lora=True,
        ),
        "knowledge_distillation_single_device",
    ),
    "QAT": Case(
        Tiny((*paced("1e-3"), ONE_FILE), "torchtune-llama3-8b-qat", family="llama3", model="untied"), "qat_distributed"
    ),
    "QAT-LoRA": Case(
        Tiny(
            (*warmed("1e-2"), ADAPTERS, ONE_FILE),
            "torchtune-llama3-8b-qat",
            family="llama3",
            model="untied",
            lora=True,
            variant="qat-lora",
        ),
        "qat_lora_finetune_distributed",
    ),
    "PPO": Case(
        Tiny(
            (
                *("optimizer.lr=3e-3", "batch_size=16", "ppo_batch_size=16", "forward_batch_size=16", "num_steps=128"),
                *("max_generated_tokens=8", "min_response_length=1", "~stop_token_ids", "compile=False"),
                *("policy_model=torchtune.models.mistral.mistral", *sized("policy_model")),
                *(*sized("reward_and_value_model"), LLAMA_3_TOKENIZER, "dataset.column=input"),
                *(f"{name}{ONE_FILE}" for name in ("", "ref_policy_", "value_", "reward_")),
            ),
            "torchtune-mistral-7b-ppo",
            family="mistral",
            model="mistral",
            builder="text_completion_dataset",
        ),
        "ppo_full_finetune_single_device",
        gain=-0.3,
        logged="scores",
    ),
}
