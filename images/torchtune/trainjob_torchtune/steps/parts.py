"""What TorchTune 0.6.1's recipes call their parts; they call them alike, but for PPO's."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a recipe that has been set up.

    Attributes:
        recipe: the object.
        in_backward: the optimizers of `optimizer_in_bwd`, one for each parameter, which only hooks hold.
    """

    recipe: Any
    in_backward: Collection[Optimizer]

    @property
    def is_ppo(self) -> bool:
        """Whether there are two models, and several optimizer steps a batch."""
        return hasattr(self.recipe, "_policy_model")

    @property
    def model(self) -> nn.Module:
        """What is trained."""
        if self.is_ppo:
            return nn.ModuleDict({"policy": self.recipe._policy_model, "value": self.recipe._value_model})  # noqa: SLF001
        model: nn.Module = self.recipe._model  # noqa: SLF001
        return model

    @property
    def optimizers(self) -> Collection[Optimizer]:
        """Those that hold the state."""
        own = self.recipe._optimizer  # noqa: SLF001
        return [own] if own is not None else self.in_backward

    @property
    def scheduler(self) -> Any:  # noqa: ANN401 - torch's have no common type
        """The learning rate's, or None."""
        return getattr(self.recipe, "_lr_scheduler", None)

    @property
    def generator(self) -> Any:  # noqa: ANN401 - a torch.Generator
        """PPO's own, or None."""
        return getattr(self.recipe, "_rng", None)

    @property
    def saved_weights(self) -> int:
        """How many bytes of weights the recipe saves at the end of each epoch, at the most."""
        is_part = getattr(self.recipe, "_save_adapter_weights_only", False)
        counted = (one for one in self.model.parameters() if one.requires_grad or not is_part)
        return sum(one.numel() * one.element_size() for one in counted)

    @property
    def batches_per_step(self) -> int:
        """How many batches make an optimizer step; PPO accumulates within one."""
        return 1 if self.is_ppo else int(self.recipe._gradient_accumulation_steps)  # noqa: SLF001

    @property
    def rows_per_batch(self) -> int:
        """Of all processes together."""
        loader = self.recipe._dataloader  # noqa: SLF001
        return int(loader.batch_size * loader.sampler.num_replicas)

    @property
    def batches_per_epoch(self) -> int | None:
        """How many batches of an epoch are trained on, if that is limited."""
        limit = None if self.is_ppo else self.recipe.max_steps_per_epoch
        return None if limit is None else int(limit) * self.batches_per_step

    @property
    def steps(self) -> int:
        """How many optimizer steps there will be."""
        if self.is_ppo:
            each = self.recipe._ppo_epochs * (self.recipe.batch_size // self.recipe._ppo_batch_size)  # noqa: SLF001
            return int(self.recipe._total_steps * each)  # noqa: SLF001
        return int(self.recipe._steps_per_epoch * self.recipe.total_epochs)  # noqa: SLF001

    @property
    def epoch(self) -> int:
        """Which one is under way, the first being 1."""
        return int(self.recipe._dataloader.sampler.epoch) + 1  # noqa: SLF001

    @property
    def epochs(self) -> int:
        """How many there will be."""
        return int(self.recipe._total_epochs if self.is_ppo else self.recipe.total_epochs)  # noqa: SLF001

    @property
    def step(self) -> int:
        """How many optimizer steps have been made."""
        return int(self.recipe.global_step)

    @property
    def logged(self) -> int:
        """What `log_every_n_steps` counts: optimizer steps, and for PPO batches."""
        return int(self.recipe._steps_run if self.is_ppo else self.recipe.global_step)  # noqa: SLF001

    @property
    def counters(self) -> Mapping[str, int]:
        """All that the recipe counts, but epochs."""
        names = ("global_step", "_steps_run") if self.is_ppo else ("global_step",)
        return {name: int(getattr(self.recipe, name)) for name in names}

    def set_counters(self, counters: Mapping[str, int], epoch: int) -> None:
        """Have the recipe go on in an epoch, the first of which is 0."""
        for name, value in counters.items():
            setattr(self.recipe, name, value)
        setattr(self.recipe, "_epochs_run" if self.is_ppo else "epochs_run", epoch)

    def catch_up(self, fake_quantization: Callable[[Any], Any]) -> None:
        """Do what the recipe does at its first step only: QAT begins with fake quantization switched off."""
        after = getattr(self.recipe, "_fake_quant_after_n_steps", None)
        if after is not None and 0 < self.step < after:
            self.recipe._model.apply(fake_quantization(self.recipe._quantizer_mode))  # noqa: SLF001
