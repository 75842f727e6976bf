"""TrainJobs that train the tiny model with the shipped runtime, and what there is of them while they do."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tests.cluster.kube import Body, Kube
from tests.demo import stage
from tests.devcluster import cgroup
from tests.models import tiny_overrides

MODEL = "trainjob-operator/tiny"
DATASET = "trainjob-operator/tiny-questions"
PREFERENCES = "trainjob-operator/tiny-preferences"
WORKSPACE = PurePosixPath("/workspace")
RUNTIME = "torchtune-llama3.2-1b"
# The runtime says where these lie; arguments may not.
MANAGED = ("tokenizer.path=", "checkpointer.checkpoint_dir=", "output_dir=")


def tiny_job(
    name: str,
    *overrides: str,
    nodes: int = 1,
    gpus: int = 1,
    lora: bool = False,
    recipe: tuple[str, ...] = (),
    dataset: str = DATASET,
    builder: str = "instruct_dataset",
    **spec: object,
) -> Body:
    """Make a TrainJob as the SDK sends it, with the shipped runtime of Llama 3.2 1B, that trains the tiny model."""
    arguments = tiny_overrides.overrides(
        WORKSPACE / "model", WORKSPACE / "dataset", WORKSPACE / "output", lora=lora, builder=builder
    )
    managed = [argument for argument in arguments if argument.startswith(MANAGED)]
    free = [argument for argument in arguments if not argument.startswith(MANAGED)]
    common = ("dtype=fp32", "seed=7", "metric_logger.filename=train.log", "log_peak_memory_stats=False")
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name, "namespace": stage.NAMESPACE},
        "spec": {
            "runtimeRef": {"name": RUNTIME},
            "initializer": {
                "dataset": {"storageUri": f"hf://{dataset}"},
                "model": {"storageUri": f"hf://{MODEL}"},
            },
            "trainer": {
                "numNodes": nodes,
                "resourcesPerNode": {"limits": {"nvidia.com/gpu": str(gpus)}},
                "command": ["tune", "run", *recipe, *(managed if recipe else ())],
                "args": [*free, *common, "gradient_accumulation_steps=1", *overrides],
            },
            **spec,
        },
    }


@dataclass(frozen=True, slots=True)
class Job:
    """A TrainJob that was created, and what there is of it."""

    kube: Kube
    name: str

    @property
    def output(self) -> Path:
        return stage.result_folder(self.kube.cluster, self.name)

    @property
    def losses(self) -> list[float]:
        """The loss of each step so far."""
        try:
            log = (self.output / "logs" / "train.log").read_text()
        except OSError:
            return []
        return [float(loss) for loss in re.findall(r"^Step .* loss:(\S+)", log, re.MULTILINE)]

    @property
    def status(self) -> Body:
        status: Body = self.kube.get("TrainJob", stage.NAMESPACE, self.name).get("status", {})
        return status

    def pods(self) -> list[Body]:
        """The trainer's pods by rank."""
        selector = f"batch.kubernetes.io/job-name={self.name}-node-0"
        pods = self.kube.list("Pod", stage.NAMESPACE, labelSelector=selector)
        return sorted(pods, key=lambda pod: pod["metadata"]["name"])

    def log(self, pod: Body) -> str:
        return self.kube.cluster.kubectl("logs", f"--namespace={stage.NAMESPACE}", pod["metadata"]["name"])

    def process(self, rank: int) -> int:
        """The PID of a training process on this machine."""
        [pid] = [pid for pid, environment in self.processes() if f"RANK={rank}".encode() in environment]
        return pid

    def launcher(self, node: int) -> int:
        """The PID on this machine of a container's first process."""
        of_node = [pid for pid, environment in self.processes() if f"PET_NODE_RANK={node}".encode() in environment]
        [first] = [pid for pid in of_node if _pid_inside(pid) == 1]
        return first

    def processes(self) -> Iterator[tuple[int, list[bytes]]]:
        """The PIDs and environments of all processes in the trainer's pods."""
        host = f"HOSTNAME={self.name}-node-0-".encode()
        for pid, cluster in cgroup.processes().items():
            with suppress(OSError):  # it ended while we looked
                environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                if cluster == self.kube.cluster.spec.name and any(word.startswith(host) for word in environment):
                    yield pid, environment


def _pid_inside(pid: int) -> int:
    """Give the PID by which the container itself knows a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("NSpid:")[2].split("\n")[0].split()[-1])
