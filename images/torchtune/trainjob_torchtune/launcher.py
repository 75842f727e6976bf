"""One training run from the command line to the exit code: prepare, check, run, report."""

import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from trainjob_contract.exit_codes import BY_SIGNAL
from trainjob_contract.exit_codes import TrainerExitCode as ExitCode
from trainjob_contract.termination import write_termination
from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.data.downloaded import PreparedRun, find_downloads, use_download
from trainjob_torchtune.data.links import find_links
from trainjob_torchtune.hardware import cpu
from trainjob_torchtune.hardware.devices import list_cuda_devices
from trainjob_torchtune.preflight.checks import advise, check
from trainjob_torchtune.preflight.guard import run_guarded
from trainjob_torchtune.preflight.origins import tell_origins
from trainjob_torchtune.preflight.run.keys import check_keys
from trainjob_torchtune.preflight.run.settings import check_settings
from trainjob_torchtune.process.failure import Failure, explain, tell_of_stop
from trainjob_torchtune.process.supervisor import Ending, supervise
from trainjob_torchtune.process.transcript import Transcript
from trainjob_torchtune.result.adapters import arrange_adapters
from trainjob_torchtune.result.companions import list_weights, refresh_companions
from trainjob_torchtune.result.sharing import share_weights
from trainjob_torchtune.run.attendance import attend
from trainjob_torchtune.run.catalogue import Catalogue, load_catalogue
from trainjob_torchtune.run.config import load_config
from trainjob_torchtune.run.evaluation_folder import working_folder
from trainjob_torchtune.run.installed import check_installed
from trainjob_torchtune.run.orderly_stop import orderly_stop
from trainjob_torchtune.run.rendezvous import await_host, find_host, read_patience
from trainjob_torchtune.run.topology import Topology, read_topology
from trainjob_torchtune.run.training import Training, parse_training
from trainjob_torchtune.run.without_training import expect_no_checkpoints
from trainjob_torchtune.violation import Violation

TUNE = (sys.executable, "-m", "torchtune._cli.tune")
"""TorchTune's own command line."""


_OTHERS_FAIL_FIRST_SECONDS = 20.0
"""How long a node that only lost another one stays, so that Kubernetes sees the cause of it fail first."""


def launch(run: TuneRun, environment: Mapping[str, str]) -> int:
    """TuneRun the recipe and return the exit code; a failure also leaves a termination message."""
    # The kernel ignores SIGTERM for a container's first process unless it has a handler; the checks may take minutes.
    signal.signal(signal.SIGTERM, _stop)
    gpus = list_cuda_devices()
    settings = {"PYTHONUNBUFFERED": "1", "TIKTOKEN_CACHE_DIR": ""} | dict(environment)
    on_cpu = gpus == () and bool(settings.get(cpu.SHIM_VARIABLE))
    if on_cpu:
        run, settings = cpu.adapt_run(run), cpu.adapt_environment(settings)
    # Of devices that cannot be counted there is one at least.
    topology = read_topology(run, settings, 1 if gpus is None else len(gpus))
    if on_cpu:
        settings = cpu.threads(topology.processes_per_node) | settings
    catalogue = load_catalogue()
    accelerators = None if gpus is None else len(gpus)
    prepared = check_settings(settings) or _prepare(run, catalogue, settings, topology, accelerators)
    if isinstance(prepared, Violation):
        return refuse(prepared, settings)
    run, training = prepared
    for sentence in advise(training, topology, gpus, _say) if training is not None else ():
        _say(f"Warning: {sentence}")
    before = list_weights(training)
    host = find_host(run, settings)
    nowhere = await_host(host, read_patience(settings), _say) if host is not None else None
    if nowhere is not None:
        return refuse(nowhere, settings, ExitCode.NOWHERE_TO_MEET)
    transcript = Transcript(_say)
    attendance = attend(run, catalogue)
    with working_folder(training), orderly_stop(settings, _say) as stop:
        variables = {**settings, **attendance.variables, **stop.variables}
        ending = supervise((*TUNE, *attendance.run.render()[1:]), variables, transcript, stop)
        stopped_at = stop.stopped_at
    output = training.output if training is not None else None
    if output is not None:
        share_weights(output)
    for sentence in refresh_companions(training, before) if topology.node_rank == 0 else ():
        _say(f"Warning: {sentence}")
    failure = _find_failure(run.recipe, ending, stopped_at, transcript)
    if failure is not None:
        return _report(failure, topology, settings)
    if output is not None and topology.node_rank == 0 and (trouble := arrange_adapters(output)) is not None:
        _say(f"Warning: {trouble}")
    return ExitCode.DONE


def _find_failure(recipe: str, ending: Ending, stopped_at: str | None, transcript: Transcript) -> Failure | None:
    """Say what became of a training that did not come to its end; None if it did."""
    is_over = ending.code == ExitCode.DONE
    if stopped_at is not None and (is_over or ending.asked_by is not None):
        return tell_of_stop(recipe, ending, stopped_at)
    return None if is_over else explain(recipe, ending, transcript.tail)


def refuse(violation: Violation, environment: Mapping[str, str], code: ExitCode = ExitCode.REFUSED) -> int:
    """Say why nothing is started, and return the exit code that says so."""
    _say(f"Not started: {violation.message}")
    write_termination(environment, _say, violation.message)
    return code


def _prepare(
    run: TuneRun,
    catalogue: Catalogue,
    environment: Mapping[str, str],
    topology: Topology,
    accelerators: int | None,
) -> tuple[TuneRun, Training | None] | Violation:
    """Find the data of a built-in recipe's run, and check it; what a recipe of the user's own needs is not known."""
    if not catalogue.is_builtin(run.recipe):
        return catalogue.check_module(run.recipe) or (run, None)
    if (lacking := check_installed(run.recipe)) is not None:
        return lacking
    path = catalogue.find_config(run.config, run.recipe)
    if path is None:
        return Violation(f"The configuration {run.config} is neither one of TorchTune's (`tune ls`) nor a file.")
    prepared = _with_data(run, path, find_downloads(environment), is_shipped=catalogue.has_shipped(path))
    if isinstance(prepared, Violation):
        return prepared
    run, config = prepared
    training = parse_training(run.recipe, config)
    if isinstance(training, Violation):
        return training
    training = expect_no_checkpoints(run.recipe, training)
    run_guarded(lambda: tell_origins(training, _say), "of the sources", _say)
    violation = run_guarded(lambda: check_keys(run.overrides, path, catalogue.sources()), "of the keys", _say)
    return violation or check(training, topology, accelerators, _say) or (run, training)


def _with_data(
    run: TuneRun, path: Path, downloads: Path, *, is_shipped: bool
) -> tuple[TuneRun, Mapping[str, Any]] | Violation:
    """Return the run with a data set that is there, and its configuration."""
    config = load_config(path, run.overrides)
    if isinstance(config, Violation):
        return config
    prepared = use_download(run, config.get("dataset"), downloads, find_links(), is_shipped=is_shipped)
    if not isinstance(prepared, PreparedRun):
        return prepared or (run, config)
    _say(prepared.sentence)
    config = load_config(path, prepared.run.overrides)
    return config if isinstance(config, Violation) else (prepared.run, config)


def _report(failure: Failure, topology: Topology, environment: Mapping[str, str]) -> int:
    """Say how it failed, and return the exit code.

    The first pod that fails ends the others, and may be the only one of which anything is left: it has to be the one
    with the cause. Who is to blame often needs longer to end than who only lost it. SIGTERM ends the wait.
    """
    _say(failure.sentence)
    write_termination(environment, _say, failure.sentence, failure.lines)
    if failure.code == ExitCode.PEER_LOST and topology.nodes > 1:
        time.sleep(_OTHERS_FAIL_FIRST_SECONDS)
    return failure.code


def _stop(number: int, _frame: object) -> NoReturn:
    sys.exit(BY_SIGNAL + number)


def _say(line: str) -> None:
    print(line, flush=True)
