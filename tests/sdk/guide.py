"""The SDK's guide from end to end, printed as JSON: `python -m tests.sdk.guide train|look|delete`."""

import dataclasses
import json
import logging
import sys
from typing import Any

from kubeflow.trainer import TrainerClient

from tests.sdk.variants import LLAMA_1B, QWEN, VARIANTS, options_of

_WITHIN_S = 240


def train(client: TrainerClient) -> dict[str, Any]:
    """Look at the runtimes, submit every variant, and wait until all are complete."""
    runtimes = [_runtime(runtime) for runtime in client.list_runtimes()]
    names = [client.train(**variant.arguments, options=options_of(name)) for name, variant in VARIANTS.items()]
    unnamed = client.train(runtime=client.get_runtime(LLAMA_1B))
    for name in (*names, unnamed):
        client.wait_for_job_status(name, timeout=_WITHIN_S)
    return {"runtimes": runtimes, "runtime": _runtime(client.get_runtime(QWEN)), "names": names, "unnamed": unnamed}


def look(client: TrainerClient) -> dict[str, Any]:
    """Read all that there is of the variants after their end."""
    jobs = {job.name: job for job in client.list_jobs()}
    return {
        "jobs": {
            name: {
                "status": job.status,
                "num_nodes": job.num_nodes,
                "steps": {step.name: [step.status, step.device, step.device_count] for step in job.steps},
                "logs": {step.name: list(client.get_job_logs(name, step=step.name)) for step in job.steps},
            }
            for name, job in jobs.items()
        },
        "of-qwen": [job.name for job in client.list_jobs(runtime=client.get_runtime(QWEN))],
    }


def delete(client: TrainerClient) -> list[str]:
    """Delete all TrainJobs, and list what is left at once."""
    for job in client.list_jobs():
        client.delete_job(job.name)
    return [job.name for job in client.list_jobs()]


def _runtime(runtime: Any) -> dict[str, Any]:  # noqa: ANN401 - the SDK's own type
    trainer = dataclasses.asdict(runtime.trainer)
    known = {key: trainer[key] for key in ("framework", "num_nodes", "device", "device_count")}
    return {"name": runtime.name, "kind": runtime.kind.value, "type": runtime.trainer.trainer_type.value, **known}


class _Warnings(logging.Handler):
    """Keeps what the SDK warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


if __name__ == "__main__":
    warnings = _Warnings()
    logging.getLogger().addHandler(warnings)
    answer = {"train": train, "look": look, "delete": delete}[sys.argv[1]](TrainerClient())
    print(json.dumps({"answer": answer, "warnings": warnings.messages}))
