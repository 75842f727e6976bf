"""What becomes of each variant: recipe and config, what is kept of the runtime's overrides, the SDK's own arguments."""

from dataclasses import dataclass

DATASET = (
    "dataset=torchtune.datasets.instruct_dataset",
    "dataset.source=parquet",
    "dataset.data_dir=/workspace/dataset/data",
)
OUTPUT, CHECKPOINT = "output_dir=/workspace/output", "checkpointer.checkpoint_dir=/workspace/model"
LLAMA = (OUTPUT, "tokenizer.path=/workspace/model/original/tokenizer.model", CHECKPOINT)
QWEN = (
    OUTPUT,
    "tokenizer.path=/workspace/model/vocab.json",
    "tokenizer.merges_file=/workspace/model/merges.txt",
    CHECKPOINT,
)
ATTENTION = "model.lora_attn_modules=[q_proj,v_proj,output_proj]"
SINGLE_FULL = ("full_finetune_single_device", "llama3_2/1B_full_single_device")
FULL = ("full_finetune_distributed", "llama3_2/1B_full")
SINGLE_LORA = ("lora_finetune_single_device", "llama3_2/1B_lora_single_device")
LORA = ("lora_finetune_distributed", "llama3_2/1B_lora")


@dataclass(frozen=True, slots=True)
class Expected:
    """Recipe and config, arguments as the SDK sends them, overrides of the runtime, GPUs and nodes."""

    chosen: tuple[str, str]
    args: tuple[str, ...] = ()
    kept: tuple[str, ...] = (*DATASET, *LLAMA)
    gpus: int = 1
    nodes: int = 1

    def command(self, name: str) -> list[str]:
        """Give the command of the TrainJob's trainer."""
        recipe, config = self.chosen
        flags = [f"--rdzv_endpoint={name}-node-0-0.{name}:29500"] if recipe.endswith("_distributed") else []
        return ["tune", "run", *flags, recipe, "--config", config, *self.kept]


EXPECTED = {
    "full": Expected(FULL, gpus=2),
    "one-gpu": Expected(
        SINGLE_FULL,
        ("dtype=bf16", "batch_size=4", "epochs=2", "loss=torchtune.modules.loss.CEWithChunkedOutputLoss"),
    ),
    "four-gpus": Expected(FULL, gpus=4),
    "memory-alone": Expected(FULL, gpus=2),
    "lora": Expected(
        SINGLE_LORA,
        (
            *("model.apply_lora_to_mlp=True", "model.lora_rank=64", "model.lora_alpha=128", "model.lora_dropout=0.1"),
            ATTENTION,
        ),
    ),
    "lora-two-nodes": Expected(LORA, (ATTENTION,), gpus=2, nodes=2),
    "qlora": Expected(
        ("lora_finetune_single_device", "llama3_2/1B_qlora_single_device"), ("model.quantize_base=True", ATTENTION)
    ),
    "qlora-two-gpus": Expected(LORA, ("model.quantize_base=True", ATTENTION), gpus=2),
    "dora": Expected(
        SINGLE_LORA, ("model.quantize_base=False", "model.use_dora=True", "model.lora_attn_modules=[q_proj]")
    ),
    "dataset-folder": Expected(
        FULL,
        ("dataset.data_dir=/workspace/dataset/data/train", *DATASET[:2], "dataset.split=train[:95%]"),
        LLAMA,
        gpus=2,
    ),
    "dataset-file": Expected(
        FULL,
        ("dataset.data_files=/workspace/dataset/data/train-00000-of-00001.parquet", *DATASET[:2]),
        LLAMA,
        gpus=2,
    ),
    "columns-and-prompt": Expected(
        FULL,
        (
            "dataset.data_dir=/workspace/dataset/.",
            *(DATASET[0], "dataset.source=json", "dataset.train_on_input=False"),
            'dataset.new_system_prompt=You\'re a "helpful" assistant; be {brief}',
            "dataset.column_map={'input': 'question text', 'output': \"answer's text\"}",
        ),
        LLAMA,
        gpus=2,
    ),
    "s3": Expected(SINGLE_FULL),
    "options": Expected(FULL, gpus=2),
    "llama-3b": Expected(("full_finetune_single_device", "llama3_2/3B_full_single_device")),
    "qwen": Expected(
        ("lora_finetune_single_device", "qwen2_5/1.5B_lora_single_device"), (ATTENTION,), (*DATASET, *QWEN)
    ),
}
