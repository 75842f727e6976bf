"""A training run that passes every check, to be changed in one place a case."""

from pathlib import Path

from trainjob_torchtune.training import Batches, Checkpointer, DatasetSource, Training


def checkpointer(folder: Path, *, files: tuple[str, ...] = (), output: Path | None = None) -> Checkpointer:
    return Checkpointer(key="checkpointer", folder=folder, files=files, output=output, needs_config=False)


def dataset(builder: str = "instruct_dataset", **options: object) -> DatasetSource:
    return DatasetSource(key="dataset", component=f"torchtune.datasets.{builder}", options=options)


def batches(size: int = 1, accumulation: int = 1, tensor_parallel: int = 1, *, keeps_last: bool = False) -> Batches:
    return Batches(size=size, accumulation=accumulation, tensor_parallel=tensor_parallel, keeps_last=keeps_last)


def training(
    *,
    device: str = "cpu",
    output: Path | None = None,
    checkpointers: tuple[Checkpointer, ...] = (),
    tokenizer_files: tuple[tuple[str, Path], ...] = (),
    datasets: tuple[DatasetSource, ...] = (),
    is_resumed: bool = False,
) -> Training:
    return Training(
        device=device,
        output=output,
        checkpointers=checkpointers,
        tokenizer_files=tokenizer_files,
        datasets=datasets,
        batches=batches(),
        is_resumed=is_resumed,
    )
