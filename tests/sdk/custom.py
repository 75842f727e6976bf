"""A function of the user's own on two nodes, printed as JSON: `python -m tests.sdk.custom`."""

import json
from typing import Any

from kubeflow.trainer import CustomTrainer, TrainerClient
from kubeflow.trainer.options import Name

_WITHIN_S = 300


def average(scale: float) -> None:
    """Sum over all ranks; runs in the pods, so that everything it needs is in here."""
    import os  # noqa: PLC0415 - as above

    import torch  # noqa: PLC0415
    from torch import distributed  # noqa: PLC0415

    distributed.init_process_group("gloo")
    rank, size = distributed.get_rank(), distributed.get_world_size()
    total = torch.tensor([scale * (rank + 1)])
    distributed.all_reduce(total)
    print(f"rank {rank} of {size} on {os.environ['NOTE']}: {total.item()}")
    distributed.destroy_process_group()


def main() -> dict[str, Any]:
    """Run it on the runtime that the SDK takes when none is named."""
    client = TrainerClient()
    trainer = CustomTrainer(
        func=average,
        func_args={"scale": 0.5},
        num_nodes=2,
        resources_per_node={"cpu": "200m", "memory": "1Gi"},
        env={"NOTE": "a CPU"},
    )
    name = client.train(trainer=trainer, options=[Name("custom")])
    statuses: list[str] = []
    job = client.wait_for_job_status(
        name, timeout=_WITHIN_S, polling_interval=1, callbacks=[lambda job: statuses.append(job.status)]
    )
    return {
        "statuses": list(dict.fromkeys(statuses)),
        "steps": sorted(step.name for step in job.steps),
        "num_nodes": job.num_nodes,
        "logs": {step.name: list(client.get_job_logs(name, step=step.name)) for step in job.steps},
    }


if __name__ == "__main__":
    print(json.dumps(main()))
