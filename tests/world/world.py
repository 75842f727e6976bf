"""The in-memory world with its controllers and kubelets, moved step by step by the test."""

from dataclasses import dataclass, replace

from tests.world.store import START, Store, View
from trainjob_operator.reconciler.children import (
    DISRUPTED,
    Exit,
    JobChild,
    Outcome,
    PodChild,
    PodCondition,
    Trouble,
)

__all__ = ["START", "View", "World"]


@dataclass
class World(Store):
    """A Job controller, a scheduler and a kubelet for the objects of one TrainJob."""

    def take_up(self, name: str) -> None:
        """Let the Job controller see a Job whose pods it cannot create."""
        job = self.jobs.get(name)
        if job is not None and job.outcome is None and not job.active and not job.suspended:
            self.jobs[name] = replace(job, lacking_since=self.now)

    def start_pods(self, name: str) -> None:
        """Let the Job controller and the kubelet start a Job's pods."""
        job = self.jobs.get(name)
        if job is None or job.outcome is not None or job.ready or job.suspended:
            return
        self.jobs[name] = replace(job, lacking_since=None, active=job.parallelism, ready=job.parallelism)
        for index in range(job.parallelism):
            pod = f"{name}-{index}-{job.uid if self.are_pods_slow else 'abcde'}"
            self.pods[pod] = PodChild(
                name=pod,
                uid=f"uid-{next(self._uids)}",
                trainjob_uid=job.owner_uid,
                job=name,
                job_uid=job.uid,
                created=self.now.replace(microsecond=0),
                phase="Running",
                node="node-0",
                deleting=False,
                trouble=None,
                exit=None,
            )

    def strand_pods(self, name: str) -> None:
        """Let the Job controller make a Job's pods, for which the scheduler finds no node before they are started."""
        job = self.jobs.get(name)
        if job is None or job.outcome is not None or job.active or job.suspended:
            return
        self.start_pods(name)
        self.jobs[name] = replace(self.jobs[name], ready=0)
        trouble = Trouble("Unschedulable", "0/1 nodes are available", since=self.now)
        for pod in [pod for pod in self.pods.values() if pod.job == name]:
            self.pods[pod.name] = replace(pod, phase="Pending", node=None, trouble=trouble)

    def end_pods(self, name: str, *, succeed: bool, exit_code: int = 1) -> None:
        """Let all pods of a running Job end, and its controller conclude."""
        job = self.jobs.get(name)
        if job is None or not job.ready:
            return
        at = self.now.replace(microsecond=0)
        end = None if succeed else Exit(container="c", exit_code=exit_code, reason="Error", message="it broke", at=at)
        for pod in [pod for pod in self.pods.values() if pod.job_uid == job.uid]:
            self.pods[pod.name] = replace(pod, phase="Succeeded" if succeed else "Failed", exit=end)
        self._conclude(job, succeed=succeed, reason="Completed" if succeed else "BackoffLimitExceeded")

    def take_pods(self, name: str, disruption: str | None = None) -> None:
        """Let all pods of a running Job be told to go: by a user, or for a reason of Kubernetes' own."""
        at = self.now.replace(microsecond=0)
        conditions = () if disruption is None else (PodCondition(DISRUPTED, "True", disruption, "", at),)
        for pod in [pod for pod in self.pods.values() if pod.job == name and pod.is_live]:
            self.pods[pod.name] = replace(pod, deleting=True, conditions=conditions)

    def lose_pods(self, name: str) -> None:
        """Let the pods that were told to go be gone, and the Job's controller fail it if it is still there."""
        job = self.jobs.get(name)
        gone = [pod for pod in self.pods.values() if pod.job == name and pod.deleting]
        self.pods = {key: pod for key, pod in self.pods.items() if pod not in gone}
        missed = [pod for pod in gone if job is not None and pod.job_uid == job.uid]
        if job is None or job.outcome is not None or not missed:
            return
        if any(pod.disruption for pod in missed):
            told = f"Pod team/{missed[0].name} has condition DisruptionTarget matching FailJob rule at index 0"
            self._conclude(job, succeed=False, reason="PodFailurePolicy", message=told)
        else:
            self._conclude(job, succeed=False, reason="BackoffLimitExceeded")

    def _conclude(self, job: JobChild, *, succeed: bool, reason: str, message: str = "") -> None:
        self.jobs[job.name] = replace(
            job,
            active=0,
            ready=0,
            succeeded=job.parallelism if succeed else 0,
            failed=0 if succeed else job.parallelism,
            outcome=Outcome(succeeded=succeed, at=self.now.replace(microsecond=0), reason=reason, message=message),
        )
        if not succeed:
            self.failed.append(job.uid)
