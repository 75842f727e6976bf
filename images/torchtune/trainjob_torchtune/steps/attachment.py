"""Ties a session to a recipe: before it trains it may go on from a checkpoint, while it trains it is looked at."""

import atexit
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from omegaconf import OmegaConf
from torch.optim import Optimizer
from torchtune import training
from torchtune.recipe_interfaces import FTRecipeInterface

from trainjob_contract.checkpoints import read_checkpoint_settings
from trainjob_contract.environment import RECIPE_FILE
from trainjob_contract.nan_loss import read_nan_steps
from trainjob_torchtune.report.reporter import Reporter
from trainjob_torchtune.report.server import Server
from trainjob_torchtune.steps.feed import Feed
from trainjob_torchtune.steps.folder import NAME, Folder
from trainjob_torchtune.steps.heartbeat import Heartbeat
from trainjob_torchtune.steps.identity import identify
from trainjob_torchtune.steps.log import Log
from trainjob_torchtune.steps.loss import LossWatch
from trainjob_torchtune.steps.meter import Meter
from trainjob_torchtune.steps.narration import Narration
from trainjob_torchtune.steps.parts import Parts
from trainjob_torchtune.steps.processes import Processes
from trainjob_torchtune.steps.resumption import Resumption
from trainjob_torchtune.steps.saver import Saver
from trainjob_torchtune.steps.session import Session, StoppedError
from trainjob_torchtune.steps.stop import StopFolder
from trainjob_torchtune.steps.telling import Listener, Phase, Teller


def attach(module: ModuleType, environment: Mapping[str, str]) -> None:
    """Have the recipe of a module set up and train as it does, and us beside it."""
    recipe = next(one for one in vars(module).values() if _is_recipe(one, module))
    set_up, train = recipe.setup, recipe.train
    watch = LossWatch(read_nan_steps(environment), _say)
    in_backward = _keep_optimizers()
    sessions: list[Session] = []
    heart, reporter = _find_heart(environment), _find_reporter(environment)
    teller = Teller(tuple(_listen(heart, reporter, environment)), _say)
    teller.enter(Phase.SETUP, 0)

    def setup(self: Any, cfg: Any) -> None:  # noqa: ANN401 - as the recipe has it
        set_up(self, cfg)
        parts = Parts(self, in_backward.values())
        config: Any = OmegaConf.to_container(cfg, resolve=True)
        sessions.append(_open(parts, config, environment, module, Beside(watch, teller, heart, reporter)))
        _meter(parts, Narration(parts, teller, watch, parts.step))
        _tell_of_saving(parts, teller)

    def trained(self: Any) -> None:  # noqa: ANN401 - as the recipe has it
        try:
            train(self)
            watch.end()
        except StoppedError:
            self.cleanup()  # the logger's last lines, and the processes' group
            raise
        sessions[0].finish()

    recipe.setup, recipe.train = setup, trained


@dataclass(frozen=True, slots=True)
class Beside:
    """What is there before the recipe is set up."""

    watch: LossWatch
    teller: Teller
    heart: Heartbeat | None
    reporter: Reporter | None


def _open(
    parts: Parts, config: Mapping[str, Any], environment: Mapping[str, str], module: ModuleType, beside: Beside
) -> Session:
    """Begin a session, from the newest checkpoint if there is one."""
    recipe, settings = parts.recipe, read_checkpoint_settings(environment)
    loader = recipe._dataloader  # noqa: SLF001
    name = Path(environment[RECIPE_FILE]).stem.removesuffix("_distributed").removesuffix("_single_device")
    processes = Processes.meet(recipe._device)  # noqa: SLF001
    folder = Folder(Path(config["output_dir"]) / NAME, settings.kept)
    identity = identify(name, len(loader.dataset), config)
    say = _say if processes.is_first else _silent
    session = Session(
        parts=parts,
        processes=processes,
        settings=settings,
        saver=Saver(parts, processes, folder, identity, beside.teller),
        watch=beside.watch,
        stop=StopFolder.find(environment) if settings.stop_seconds else None,
        teller=beside.teller,
        heart=beside.heart,
        say=say,
    )
    if beside.reporter is not None:
        beside.reporter.keep_in(folder.path)
    start = Resumption(parts, processes, folder, identity, say, settings.is_resumed).go_on()
    feed = Feed(loader, parts.batches_per_epoch, session.begin, session.through)
    recipe._dataloader = feed  # noqa: SLF001
    if start is not None:
        session.start_at(start)
        feed.start_at(start.epoch, start.batches)
        _start_bar(module, start.batches // parts.batches_per_step)
    return session


def _find_heart(environment: Mapping[str, str]) -> Heartbeat | None:
    """Return this process's heartbeat, if there is a launcher to look at it."""
    folder = StopFolder.find(environment)
    return Heartbeat(folder.path, int(environment.get("LOCAL_RANK") or 0)) if folder is not None else None


def _find_reporter(environment: Mapping[str, str]) -> Reporter | None:
    """Return who reports to the operator, if this is the first process, and there is one to report to.

    A training that fails or is stopped has something to report, too, when its process ends.
    """
    server = Server.find(environment) if _is_first(environment) else None
    if server is None:
        return None
    reporter = Reporter(server, int(environment.get("WORLD_SIZE") or 1), _say)
    atexit.register(reporter.close)
    return reporter


def _listen(heart: Heartbeat | None, reporter: Reporter | None, environment: Mapping[str, str]) -> Iterator[Listener]:
    """Yield who is told of this training; the first process alone speaks for all."""
    if heart is not None:
        yield heart
    if _is_first(environment):
        yield Log(_say)
    if reporter is not None:
        yield reporter


def _is_first(environment: Mapping[str, str]) -> bool:
    return environment.get("RANK", "0") == "0"


def _tell_of_saving(parts: Parts, teller: Teller) -> None:
    """Have it told when the recipe saves an epoch; one of them leaves that to a part of itself."""

    def told(save: Callable[..., Any]) -> Callable[..., Any]:
        def saved(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the recipe has it
            with teller.saving(parts.step):
                return save(*args, **options)

        return saved

    owners: tuple[Any, ...] = (parts.recipe, getattr(parts.recipe, "_checkpoint_client", None))
    for owner in owners:
        if hasattr(owner, "save_checkpoint"):
            owner.save_checkpoint = told(owner.save_checkpoint)


def _meter(parts: Parts, narration: Narration) -> None:
    """Have each step's numbers; only the first process logs."""
    recipe = parts.recipe
    every = recipe._log_every_n_steps  # noqa: SLF001
    logger = getattr(recipe, "_metric_logger", None)
    if logger is not None and isinstance(every, int) and every > 0:
        recipe._metric_logger = Meter(logger, lambda: parts.logged % every == 0, narration.see)  # noqa: SLF001
        recipe._log_every_n_steps = 1  # noqa: SLF001


def _start_bar(module: ModuleType, steps: int) -> None:
    """Have the bar of the first epoch begin where the training does."""
    bar, offsets = module.tqdm, [steps]

    def tqdm(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - as tqdm has it
        return bar(*args, **{"initial": offsets.pop() if offsets else 0, **options})

    module.tqdm = tqdm  # type: ignore[attr-defined]  # a name that each recipe's module has


def _keep_optimizers() -> dict[Any, Optimizer]:
    """Have the optimizers that run in the backward pass: hooks alone hold them."""
    kept: dict[Any, Optimizer] = {}
    register = training.register_optim_in_bwd_hooks

    def registered(model: Any, optim_dict: dict[Any, Optimizer]) -> None:  # noqa: ANN401 - as TorchTune has it
        kept.update(optim_dict)
        register(model=model, optim_dict=optim_dict)

    training.register_optim_in_bwd_hooks = registered
    return kept


def _is_recipe(one: object, module: ModuleType) -> bool:
    return isinstance(one, type) and one.__module__ == module.__name__ and FTRecipeInterface in one.__mro__


def _silent(_: str) -> None:
    """Say nothing: the first process speaks for all."""


def _say(line: str) -> None:
    print(line, flush=True)
