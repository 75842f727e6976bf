"""Keys that TorchTune has since its last release: what they are for here, where 0.6.1 passes over them in silence."""

from trainjob_operator.torchtune.arguments import component_key_of

_EPOCHS = "0.6.1 saves at the end of each epoch: shorten epochs by max_steps_per_epoch, and raise epochs"
_VALIDATION = "0.6.1 measures no validation loss: evaluate what each epoch saves"
_SHARDING = "0.6.1 shards over all processes"
_PRECISION = "0.6.1 trains in dtype=bf16 or dtype=fp32"
_LATER = {
    "save_every_n_steps": _EPOCHS,
    "checkpointer.keep_last_n_checkpoints": "0.6.1 keeps the checkpoint of each epoch: the volume has to hold them all",
    "enable_async_checkpointing": "in 0.6.1 full_finetune_distributed alone has it: others wait while they save",
    **dict.fromkeys(("run_val_every_n_steps", "batch_size_val", "dataset_val"), _VALIDATION),
    **dict.fromkeys(("data_parallel_shard_dim", "data_parallel_replicate_dim", "context_parallel_dim"), _SHARDING),
    **dict.fromkeys(("enable_fp8_training", "fp8_recipe_name"), _PRECISION),
}


def explain_later(argument: str) -> str | None:
    """Tell what there is in 0.6.1 instead of what an override's key is for; None of other keys."""
    return _LATER.get(component_key_of(argument).removeprefix("~"))
