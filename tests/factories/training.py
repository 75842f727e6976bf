"""A training run that passes every check, to be changed in one place a case."""

from pathlib import Path

from trainjob_torchtune.run.training import Batches, Builder, Checkpointer, DatasetSource, Saving, Training


def checkpointer(
    folder: Path,
    *,
    files: tuple[str, ...] = (),
    output: Path | None = None,
    needs_config: bool = False,
    model: Builder | None = None,
) -> Checkpointer:
    return Checkpointer(
        key="checkpointer", folder=folder, files=files, output=output, needs_config=needs_config, model=model
    )


def saving(epochs: int = 1, bytes_each: int = 4, *, has_weights: bool = True, has_adam: bool = False) -> Saving:
    return Saving(epochs=epochs, bytes_each=bytes_each, has_weights=has_weights, has_adam=has_adam)


def dataset(builder: str = "instruct_dataset", **options: object) -> DatasetSource:
    return DatasetSource(key="dataset", component=f"torchtune.datasets.{builder}", options=options)


def batches(size: int = 1, accumulation: int = 1, tensor_parallel: int = 1, *, keeps_last: bool = False) -> Batches:
    return Batches(size=size, accumulation=accumulation, tensor_parallel=tensor_parallel, keeps_last=keeps_last)


def training(
    *,
    device: str = "cpu",
    dtype: str = "fp32",
    output: Path | None = None,
    checkpointers: tuple[Checkpointer, ...] = (),
    tokenizer_files: tuple[tuple[str, Path], ...] = (),
    datasets: tuple[DatasetSource, ...] = (),
    saved: Saving | None = None,
    is_resumed: bool = False,
    max_seq_len: int | None = None,
) -> Training:
    return Training(
        device=device,
        dtype=dtype,
        output=output,
        checkpointers=checkpointers,
        tokenizer_files=tokenizer_files,
        datasets=datasets,
        batches=batches(),
        saving=saved or saving(),
        is_resumed=is_resumed,
        max_seq_len=max_seq_len,
    )
