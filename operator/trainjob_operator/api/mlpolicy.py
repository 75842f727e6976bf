"""The policies of a runtime: how its framework is launched, and how its pods are scheduled together."""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from trainjob_operator.api.constraints import NAME, Constraints, Int32, Rule
from trainjob_operator.api.model import Model
from trainjob_operator.naming import NODE

TARGETS_RULE = Rule(
    f"!self.exists(c, c == '{NODE}')",
    "containerNames must not include the main node container because PET_* envs are always injected into it",
    holds=lambda names: NODE not in names,
)


class EnvInjectionTarget(Model):
    """Containers of a replicated job that get the torchrun environment as well."""

    job_name: Annotated[str, NAME]
    container_names: Annotated[
        tuple[Annotated[str, Constraints(max_length=63)], ...],
        Constraints(
            min_items=1,
            max_items=8,
            unique=True,
            rules=(TARGETS_RULE,),
        ),
    ]


class EnvInjection(Model):
    """Which containers beside the trainer's get the torchrun environment."""

    targets: Annotated[tuple[EnvInjectionTarget, ...], Constraints(keys=("jobName",), max_items=16)] = ()


_Kind = Literal["auto", "cpu", "gpu"]
_KINDS = get_args(_Kind)
_MOST = 2**31 - 1
Processes = int | _Kind
PROCESSES_RULE = Rule(
    f"type(self) == int ? self >= 1 && self <= {_MOST} : self in {[*_KINDS]}",
    "numProcPerNode must be greater than or equal to 1, or auto, cpu or gpu",
    holds=lambda processes: processes in _KINDS if isinstance(processes, str) else 1 <= processes <= _MOST,
)
FLUX_RULE = Rule("self >= 1", "NumProcPerNode in fluxPolicy must be >= 1", holds=lambda processes: processes >= 1)


class TorchPolicy(Model):
    """PyTorch, launched by torchrun. ``numProcPerNode`` is of Kubeflow Trainer v2.0 and v2.1."""

    env_injection: EnvInjection | None = None
    num_proc_per_node: Annotated[
        Processes | None, Constraints(definition="util.intstr.IntOrString", rules=(PROCESSES_RULE,))
    ] = None


class MPIPolicy(Model):
    """MPI, with a launcher."""

    num_proc_per_node: Annotated[Int32 | None, Constraints(default=1)] = None
    mpi_implementation: Annotated[str | None, Constraints(default="OpenMPI", enum=("OpenMPI", ""))] = None
    ssh_auth_mount_path: Annotated[str | None, Constraints(default="/root/.ssh", max_length=4096)] = Field(
        default=None, alias="sshAuthMountPath"
    )
    run_launcher_as_node: Annotated[bool | None, Constraints(default=False)] = None


class FluxPolicy(Model):
    """MPI, launched by Flux."""

    num_proc_per_node: Annotated[Int32 | None, Constraints(default=1, rules=(FLUX_RULE,))] = None


class JAXPolicy(Model):
    """JAX."""


class XGBoostPolicy(Model):
    """XGBoost."""


class MLPolicy(Model):
    """The framework and how many nodes it takes. Policies other than torch are there to be refused by name."""

    constraints: ClassVar[Constraints] = Constraints(
        rules=(
            Rule(
                "[has(self.torch), has(self.mpi), has(self.jax), has(self.xgboost), has(self.flux)].filter(x, x).size()"
                " <= 1",
                "Only one of the policy can be configured",
            ),
        )
    )

    num_nodes: Annotated[Int32 | None, Constraints(minimum=0)] = None
    torch: TorchPolicy | None = None
    mpi: MPIPolicy | None = None
    jax: JAXPolicy | None = None
    xgboost: XGBoostPolicy | None = None
    flux: FluxPolicy | None = None


class Coscheduling(Model):
    """The scheduler plug-in of that name."""

    schedule_timeout_seconds: Annotated[Int32 | None, Constraints(default=60)] = None


class NetworkTopology(Model):
    """How near to each other Volcano puts the pods."""

    mode: Annotated[Literal["hard", "soft"] | None, Constraints(default="hard")] = None
    highest_tier_allowed: Annotated[int | None, Constraints(default=1)] = None


class Volcano(Model):
    """The scheduler of that name."""

    network_topology: NetworkTopology | None = None


class PodGroupPolicy(Model):
    """How the pods are scheduled together; there to be refused by name."""

    coscheduling: Coscheduling | None = None
    volcano: Volcano | None = None
