"""TrainJobs that are watched while they run, as JSON: `python -m tests.sdk.lifecycle follow|fail|suspend`."""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kubeflow.trainer import BuiltinTrainer, TorchTuneConfig, TrainerClient
from kubeflow.trainer.constants import constants
from kubeflow.trainer.options import Name

from tests.sdk.stand_ins import ERROR, STEPS
from tests.sdk.variants import LLAMA_1B, patch

_NAMES = ("dataset-initializer", "model-initializer", "node-0")
_JOBS = ("dataset-initializer", "model-initializer", "node")
_WITHIN_S = 180


def follow(client: TrainerClient) -> dict[str, Any]:
    """Follow the log of each step from the submission on, and read it again after the end."""
    name = _train(client, "followed", {STEPS: "5"}, *_JOBS)
    statuses = [client.get_job(name).status]
    with ThreadPoolExecutor() as threads:
        logs = {step: threads.submit(_follow, name, step) for step in _NAMES}
        client.wait_for_job_status(
            name, timeout=_WITHIN_S, polling_interval=1, callbacks=[lambda job: statuses.append(job.status)]
        )
    return {
        "statuses": list(dict.fromkeys(statuses)),
        "followed": {step: log.result() for step, log in logs.items()},
        "after": {step: list(client.get_job_logs(name, step=step)) for step in _NAMES},
        "events": _events(client, name),
    }


def fail(client: TrainerClient) -> dict[str, Any]:
    """Wait for a TrainJob that fails, as one who does not expect it and as one who does."""
    name = _train(client, "failing", {ERROR: "RuntimeError: the loss is not a number"}, "node")
    try:
        client.wait_for_job_status(name, timeout=_WITHIN_S)
        error = ""
    except RuntimeError as raised:
        error = str(raised)
    expected = client.wait_for_job_status(name, {constants.TRAINJOB_FAILED}, timeout=_WITHIN_S)
    return {
        "error": error,
        "status": expected.status,
        "log": list(client.get_job_logs(name)),
        "events": _events(client, name),
    }


def suspend(client: TrainerClient) -> dict[str, Any]:
    """Suspend a TrainJob in training, and let it go on; the SDK has no call for that, but a client."""
    name = _train(client, "suspended", {STEPS: "6"}, "node")
    seen = [_await(client, name, constants.TRAINJOB_RUNNING)]
    _set_suspend(client, name, suspend=True)
    seen.append(_await(client, name, constants.TRAINJOB_CREATED))
    _until(lambda: "node-0" not in [step.name for step in client.get_job(name).steps])
    steps = {step.name: step.status for step in client.get_job(name).steps}
    _set_suspend(client, name, suspend=False)
    seen += [_await(client, name, constants.TRAINJOB_RUNNING), _await(client, name, constants.TRAINJOB_COMPLETE)]
    return {"statuses": seen, "while-suspended": steps, "log": list(client.get_job_logs(name))}


def _train(client: TrainerClient, name: str, annotations: dict[str, str], *jobs: str) -> str:
    trainer = BuiltinTrainer(TorchTuneConfig(epochs=1))
    return str(
        client.train(runtime=LLAMA_1B, trainer=trainer, options=[Name(name), patch(*jobs, annotations=annotations)])
    )


def _follow(name: str, step: str) -> dict[str, Any]:
    """Give every line, and the status of the TrainJob when the first one came."""
    client, status, lines = TrainerClient(), "", []

    def read() -> bool:
        nonlocal status
        for line in client.get_job_logs(name, step=step, follow=True):
            status = status or client.get_job(name).status
            lines.append(line)
        return bool(lines)

    _until(read)
    return {"status": status, "lines": lines}


def _events(client: TrainerClient, name: str) -> list[list[str]]:
    return [[e.involved_object_kind, e.involved_object_name, e.reason, e.message] for e in client.get_job_events(name)]


def _set_suspend(client: TrainerClient, name: str, *, suspend: bool) -> None:
    backend = client.backend
    where = (constants.GROUP, constants.VERSION, backend.namespace, constants.TRAINJOB_PLURAL, name)
    backend.custom_api.patch_namespaced_custom_object(*where, {"spec": {"suspend": suspend}})


def _await(client: TrainerClient, name: str, status: str) -> str:
    return str(client.wait_for_job_status(name, {status}, timeout=_WITHIN_S, polling_interval=1).status)


def _until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {_WITHIN_S} s")
        time.sleep(0.3)


if __name__ == "__main__":
    print(json.dumps({"follow": follow, "fail": fail, "suspend": suspend}[sys.argv[1]](TrainerClient())))
