"""What has become of many TrainJobs: each is run, or told of, or somebody else's."""

from collections import Counter
from dataclasses import dataclass

from tests.cluster.kube import Body, Kube
from tests.cluster.trainjobs import owner_uids

from trainjob_operator.naming import TRAINJOB_CONTROLLER


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a TrainJob.

    Attributes:
        job: the TrainJob.
        jobs: how many Jobs it owns.
        conditions: those that are True, by type.
    """

    job: Body
    jobs: int
    conditions: dict[str, Body]

    @property
    def is_ours(self) -> bool:
        """Tell whether it is the operator's to run."""
        return bool(self.job["spec"]["managedBy"] == TRAINJOB_CONTROLLER)

    @property
    def is_observed(self) -> bool:
        """Tell whether the status is about the specification as it is now."""
        return bool(self.job.get("status", {}).get("observedGeneration") == self.job["metadata"]["generation"])

    @property
    def is_run(self) -> bool:
        """Tell whether its Jobs are there, and wait if it says so."""
        is_suspended = "Suspended" in self.conditions
        return self.is_observed and self.jobs > 0 and is_suspended == self.job["spec"]["suspend"]

    @property
    def is_explained(self) -> bool:
        """Tell whether it says what is wrong."""
        told = [self.conditions[type_] for type_ in ("Stalled", "Failed") if type_ in self.conditions]
        return self.is_observed and bool(told) and all(each["reason"] and each["message"] for each in told)

    @property
    def is_settled(self) -> bool:
        """Tell whether it is either."""
        return self.is_run or self.is_explained

    def words(self) -> list[str]:
        """Say what it is in words that can be counted."""
        is_suspended = self.is_run and "Suspended" in self.conditions
        is_any = {"run": self.is_run, "suspended": is_suspended, "explained": self.is_explained}
        return [word for word, holds in is_any.items() if holds]

    def __str__(self) -> str:
        reasons = ", ".join(f"{type_}: {condition['reason']}" for type_, condition in self.conditions.items())
        name = self.job["metadata"]["name"]
        return f"{name} has {self.jobs} Jobs and says {reasons or 'nothing'}: {self.job['spec']}"


def outcomes_in(kube: Kube, namespace: str) -> list[Outcome]:
    """Look at all TrainJobs of a namespace."""
    owners = Counter(uid for job in kube.list("Job", namespace) for uid in owner_uids(job))
    return [_outcome(job, owners[job["metadata"]["uid"]]) for job in kube.list("TrainJob", namespace)]


def _outcome(job: Body, jobs: int) -> Outcome:
    conditions = job.get("status", {}).get("conditions", ())
    return Outcome(job, jobs, {each["type"]: each for each in conditions if each["status"] == "True"})
