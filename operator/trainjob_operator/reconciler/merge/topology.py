"""How many nodes and processes train, and how torchrun is told (contract of Kubeflow Trainer v2.3's torch plug-in)."""

from dataclasses import dataclass

from trainjob_contract.environment import (
    ACCELERATORS_PER_NODE,
    MASTER_ADDR,
    MASTER_PORT,
    NNODES,
    NODE_RANK,
    NPROC_PER_NODE,
)
from trainjob_operator.api.mlpolicy import Processes
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import EnvVar, ResourceRequirements
from trainjob_operator.naming import COMPLETION_INDEX_ANNOTATION, RENDEZVOUS_PORT
from trainjob_operator.reconciler.merge.resources import count_accelerators, count_cpus


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes and processes.

    Attributes:
        processes: on each node, or None for one on each accelerator.
        accelerators: of each node.
        host: DNS name of the node with rank 0.
        is_by_cpus: nobody gave a number of processes, so that it is that of the CPUs.
    """

    nodes: int
    processes: int | None
    accelerators: int
    host: str
    is_by_cpus: bool = False

    @property
    def is_single_device(self) -> bool:
        """Tell whether one process trains on each node."""
        return self.processes == 1 or (self.processes is None and self.accelerators == 1)

    @property
    def is_spread(self) -> bool:
        """Tell whether several processes are to train on each node; one process alone can use all CPUs."""
        return not self.is_single_device and not self.is_by_cpus

    @property
    def endpoint(self) -> str:
        """Where processes meet."""
        return f"{self.host}:{RENDEZVOUS_PORT}"

    def environment(self, *, with_master: bool) -> tuple[EnvVar, ...]:
        """Give torchrun's variables. ``with_master``: no ``--rdzv_endpoint`` tells where rank 0 is."""
        return (
            EnvVar(name=NNODES, value=str(self.nodes)),
            EnvVar(name=NPROC_PER_NODE, value="auto" if self.processes is None else str(self.processes)),
            EnvVar.model_validate(
                {
                    "name": NODE_RANK,
                    "valueFrom": {"fieldRef": {"fieldPath": f"metadata.annotations['{COMPLETION_INDEX_ANNOTATION}']"}},
                }
            ),
            *(
                (
                    EnvVar(name=MASTER_ADDR, value=self.host),
                    EnvVar(name=MASTER_PORT, value=str(RENDEZVOUS_PORT)),
                )
                if with_master
                else ()
            ),
        )

    def own_environment(self) -> EnvVar:
        """Tell our trainer image what ``auto`` means where the devices are not to be seen."""
        return EnvVar(name=ACCELERATORS_PER_NODE, value=str(self.accelerators))


def count_nodes(job: TrainJob, runtime: Runtime) -> int:
    """Give the number of trainer pods: the TrainJob's, else the runtime's, else 1. 0 is a number."""
    asked = job.spec.trainer.num_nodes if job.spec.trainer is not None else None
    offered = runtime.spec.ml_policy.num_nodes if runtime.spec.ml_policy is not None else None
    return next((number for number in (asked, offered) if number is not None), 1)


def is_torch(runtime: Runtime) -> bool:
    """Tell whether torchrun launches what a runtime runs; without a framework's policy its command is on its own."""
    return runtime.spec.ml_policy is not None and runtime.spec.ml_policy.torch is not None


def processes_of(runtime: Runtime) -> Processes | None:
    """Give what a runtime in the form of Kubeflow Trainer v2.1 says about the processes of a node."""
    torch = runtime.spec.ml_policy.torch if runtime.spec.ml_policy is not None else None
    return torch.num_proc_per_node if torch is not None else None


def lay_out(job: TrainJob, runtime: Runtime, resources: ResourceRequirements | None, host: str) -> Topology:
    """Decide nodes and processes from the merged resources of a trainer pod."""
    own = job.spec.trainer.num_proc_per_node if job.spec.trainer is not None else None
    asked = processes_of(runtime) if own is None else own
    accelerators = count_accelerators(resources)
    by_cpu = asked == "cpu" or (not isinstance(asked, int) and accelerators == 0)
    return Topology(
        nodes=count_nodes(job, runtime),
        processes=count_cpus(resources) if by_cpu else asked if isinstance(asked, int) else None,
        accelerators=accelerators,
        host=host,
        is_by_cpus=asked != "cpu" and not isinstance(asked, int) and accelerators == 0,
    )
