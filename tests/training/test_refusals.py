"""Mistakes that are found before training: exit code 20, and one sentence that says what to do, in log and message."""

import shutil
from pathlib import Path

import pytest
from tests.training.container import Container, tiny_container
from tests.training.refused import FULL, ROWS, assert_refused
from tests.training.test_data_refusals import DATA
from tests.training.test_evaluation import TASKS

NO_COMPILER = "compilation without a compiler"
OVERRIDES = [
    pytest.param(
        ["checkpointer.checkpoint_files=[model-00001-of-00002.safetensors]"],
        r"The model file \S+/model/model-00001-of-00002.safetensors is missing; \S+/model holds config.json, "
        r"model.safetensors, original/, special_tokens.json; if those are the weights, set "
        r"checkpointer.checkpoint_files=\[model.safetensors\]\.",
        id="model files of other names",
    ),
    pytest.param(
        ["checkpointer.checkpoint_dir=/workspace/modle"],
        r"There is no model folder /workspace/modle \(checkpointer.checkpoint_dir\); / holds .+\.",
        id="model-folder",
    ),
    pytest.param(
        ["model.num_layers=16", "model.num_heads=8"],
        r"The model in \S+/model is of another size than the one to train: its config.json says "
        r"num_hidden_layers=2, num_attention_heads=4, but model=torchtune.models.llama3_2.llama3_2 makes "
        r"num_layers=16, num_heads=8\. .+\.",
        id="a model of another size",
    ),
    pytest.param(
        ["epochs=100000000"],
        r"The 100000000 checkpoint\(s\) that this run writes take at least \S+ MiB each, together .+, but only .+ "
        r"are free on the volume of \S+/output: use a larger volume, or epochs=\d+ or less\.",
        id="no space for the checkpoints",
    ),
    pytest.param(
        ["tokenizer.path=/workspace/model/tokenizer.model"],
        r"The tokenizer file /workspace/model/tokenizer.model \(tokenizer.path\) is missing; / holds .+\.",
        id="a tokenizer that is not there",
    ),
    pytest.param(
        ["dataset.column_map={input: question, output: output}"],
        r"The data set has no column question, which torchtune.datasets.instruct_dataset reads; it has input, "
        r"output: to train on these, give dataset.column_map=\{input:input,output:output\}\.",
        id="column",
    ),
    pytest.param(
        ["dataset.column_map={input: question}"],
        r"column_map names input; it has to name both input and output\.",
        id="half a column map",
    ),
    pytest.param(
        ["batch_size=64", "gradient_accumulation_steps=4", "optimizer_in_bwd=False"],
        r"128 rows are 2 batches of batch_size=64, not enough for one optimizer step of "
        r"gradient_accumulation_steps=4 batches: use more rows, or set gradient_accumulation_steps to 2 or less\.",
        id="too few rows for a step",
    ),
    pytest.param(
        ["batch_size=129"],
        r"128 rows are 0 batches of batch_size=129, .+, or set batch_size to 128 or less and "
        r"gradient_accumulation_steps=1\.",
        id="too-few-rows",
    ),
    pytest.param(
        ["output_dir=/sys/output"],
        r"The output folder /sys/output cannot be written \(.+\); set output_dir to a folder on a volume that the "
        r"pod's user may write to\.",
        id="an output folder that cannot be written",
    ),
    pytest.param(
        ["bacth_size=8"],
        r"The override bacth_size=8 sets bacth_size, which no recipe of TorchTune reads; did you mean batch_size\?",
        id="misspelt-key",
    ),
    pytest.param(
        ["batch_size"],
        r"The override 'batch_size' is not of the form key=value with exactly one '='\.",
        id="no-value",
    ),
    pytest.param(
        ["device=cuda"],
        r"The container sees no GPU, but device=cuda: request one \(.+\), or use the torchtune-cpu image\.",
        id="CUDA without a GPU",
    ),
    pytest.param(
        ["dataset.data_dir=/workspace/data"],
        r"There is no data folder /workspace/data \(dataset.data_dir\); / holds .+\.",
        id="data that is not there",
    ),
    pytest.param(
        ["dataset.source=json"],
        r"The data set in \S+/dataset/data cannot be read as json \(.+\)\.",
        id="files of another format",
    ),
    pytest.param(
        ["checkpointer.checkpoint_files={filename_format: 'part-{}-of-{}.bin', max_filename: '00002'}"],
        r"The override checkpointer.checkpoint_files=\{.+\} does not fit the configuration \S+: one is a list, one is "
        r"not\.",
        id="a pattern where names are listed",
    ),
    pytest.param(
        ["resume_from_checkpoint=True"],
        r"There is nothing to resume in \S+/output, no recipe_state/recipe_state.pt; \S+ holds .+: leave out "
        r"resume_from_checkpoint=True, or set output_dir to the folder of the run that is to go on\.",
        id="nothing to resume",
    ),
    pytest.param(
        ["dataset.packed=True"],
        r"dataset.packed=True packs rows up to tokenizer.max_seq_len, and that is not set: .+\.",
        id="packed",
    ),
    pytest.param(["dtype=float32"], r"The run has dtype=float32: recipes train in .+\.", id="dtype"),
    pytest.param(
        ["batch_size=many"],
        r"The configuration does not fit the recipe full_finetune_single_device: batch_size is 'many'; .+\.",
        id="number",
    ),
]
COMMANDS = [
    pytest.param(
        ["run", FULL[0], "--config", "llama3_2/1B_ful_single_device"],
        r"The configuration llama3_2/1B_ful_single_device is neither one of TorchTune's \(`tune ls`\) nor a file\.",
        id="config",
    ),
    pytest.param(
        ["run", "full_finetune_single_devise", "--config", FULL[1]],
        r"The recipe full_finetune_single_devise is neither one of TorchTune's \(`tune ls`\) nor a Python module; "
        r"did you mean full_finetune_single_device\?",
        id="an unknown recipe",
    ),
    pytest.param(
        ["run", *FULL],
        r"The recipe full_finetune_single_device is given no configuration; the command has to be `tune run "
        r"\[TORCHRUN-OPTIONS\] RECIPE --config CONFIG \[KEY=VALUE \.\.\.\]`\.",
        id="no-config",
    ),
    pytest.param(
        ["run", "--nnodes=1", "qat_lora_finetune_distributed", "--config", "llama3/8B_qat_lora"],
        r"TorchTune's recipe qat_lora_finetune_distributed needs torchao 0\.11 or older, and this image has "
        r"torchao 0\.15\.0: use the image's variant qat-lora \(.+\)\.",
        id="a recipe that the image lacks",
    ),
    pytest.param(
        ["run", "eleuther_eval", "--config", "eleuther_evaluation"],
        r"TorchTune's recipe eleuther_eval needs lm_eval 0\.4\.5 to 0\.4\.9, and this image has none: use the image's "
        r"variant evaluation \(.+\)\.",
        id="evaluation",
    ),
]


@pytest.mark.parametrize(("overrides", "sentence"), OVERRIDES)
def test_a_mistake_in_the_overrides(container: Container, overrides: list[str], sentence: str, mistake: str) -> None:
    assert_refused(container, container.tiny(*FULL, *overrides), sentence, mistake)


def test_compilation_without_a_compiler(tmp_path: Path) -> None:
    container = tiny_container(tmp_path, PATH="/nowhere")
    words = container.tiny(*FULL, "compile=True")

    sentence = r"compile=True needs a C\+\+ compiler \(g\+\+\), which this image does not have: set compile=False\."
    assert_refused(container, words, sentence, NO_COMPILER)


def test_every_row_of_the_readme_is_made() -> None:
    assert set(ROWS) <= {NO_COMPILER, *(str(param.id) for param in (*OVERRIDES, *COMMANDS, *DATA, *TASKS))}


@pytest.mark.parametrize(("words", "sentence"), COMMANDS)
def test_a_mistake_in_the_command(container: Container, words: list[str], sentence: str, mistake: str) -> None:
    assert_refused(container, words, sentence, mistake)


def test_rows_are_counted_over_all_processes(container: Container) -> None:
    words = container.tiny(
        "lora_finetune_distributed",
        "llama3_2/1B_lora",
        "batch_size=48",
        "gradient_accumulation_steps=1",
        torchrun=("--nnodes=2", "--nproc_per_node=2", "--rdzv_endpoint=localhost:29500"),
    )

    assert_refused(container, words, r"128 rows over 4 processes are 0 batches of batch_size=48, .+\.")


def test_a_pattern_of_model_files_that_matches_nothing(container: Container) -> None:
    words = container.tiny(
        "full_finetune_distributed",
        "llama3_3/70B_full",
        "checkpointer.checkpoint_files.filename_format=part-{}-of-{}.bin",
        "checkpointer.checkpoint_files.max_filename=00002",
        torchrun=("--nproc_per_node=1",),
    )

    sentence = r"The model file \S+/model/part-00001-of-00002.bin is missing; .+\[model.safetensors\]\."
    assert_refused(container, words, sentence, "model files of other names")


def test_output_inside_the_model_folder(container: Container, tmp_path: Path) -> None:
    shutil.copytree(container.model, tmp_path / "model")
    words = container.tiny(*FULL, f"checkpointer.checkpoint_dir={tmp_path}/model", f"output_dir={tmp_path}/model/out")

    sentence = rf"The output folder {tmp_path}/model/out lies inside checkpointer.checkpoint_dir={tmp_path}/model: .+\."
    assert_refused(container, words, sentence)
