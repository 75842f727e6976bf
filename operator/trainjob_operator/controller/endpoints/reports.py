"""What trainers send, read; and what becomes of it in the status. Fields that are not known are ignored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from trainjob_operator.api.model import Model
from trainjob_operator.api.progress import Progress
from trainjob_operator.api.status import TrainerStatus
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.validation import check_progress
from trainjob_operator.naming import API_VERSION, PROGRESS_FIELD_MANAGER, STATUS_FIELD_MANAGER, TRAINJOB
from trainjob_operator.reconciler.life.progress import Motion, compose_summary, motion_of
from trainjob_operator.wording import list_few, shorten

_INVALID = "Invalid payload"
_PROGRESS = "progress"


class Report(Model):
    """A report: Kubeflow Trainer's part, and ours."""

    trainer_status: TrainerStatus | None = None
    progress: Progress | None = None

    def dump(self) -> dict[str, Any]:
        """Return it as it was sent, without what is not known."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


@dataclass(frozen=True, slots=True)
class Invalid:
    """Why something is no report."""

    message: str


@dataclass(frozen=True, slots=True)
class Application:
    """What is applied on the server, and as whose."""

    status: Mapping[str, Any]
    manager: str

    def manifest(self, namespace: str, name: str) -> Mapping[str, Any]:
        """Return it for a TrainJob."""
        metadata = {"name": name, "namespace": namespace}
        return {"apiVersion": API_VERSION, "kind": TRAINJOB, "metadata": metadata, "status": self.status}

    def without_progress(self) -> "Application":
        """Return what the CRD of Kubeflow Trainer knows of it."""
        kept = {name: value for name, value in self.status.items() if name != _PROGRESS}
        return Application(kept, STATUS_FIELD_MANAGER)


def read_report(body: bytes) -> Report | Invalid:
    """Read a report; the answer to what is wrong in Kubeflow Trainer's part is Kubeflow Trainer's."""
    try:
        report = Report.model_validate_json(body, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return _refuse(f"{_path(one['loc'])}: {one['msg']}" for one in found if one["loc"][:1] == (_PROGRESS,))
    updated = report.trainer_status.last_updated_time if report.trainer_status is not None else None
    if updated is not None and updated.tzinfo is None:
        return Invalid(_INVALID)
    if report.progress is None:
        return report
    saved = report.progress.checkpoint
    if saved is not None and saved.time.tzinfo is None:
        return _refuse(["progress.checkpoint.time: must have a time zone"])
    wrong = list(check_progress(report.dump()[_PROGRESS]))
    return _refuse(wrong) if wrong else report


def apply_report(report: Report, job: TrainJob | None) -> Application | None:
    """Turn a report into what is applied; None if it says nothing.

    Whoever applies removes what it said before and does not say again. So our trainer and Kubeflow's callback, which
    may both report on one TrainJob, are two field managers: neither removes what the other said. Before the first step
    our trainer knows nothing of `trainerStatus`; what is known of it stays then.

    Args:
        report: what came.
        job: the TrainJob as it is known, if it is.
    """
    known = job.status.trainer_status if job is not None and job.status is not None else None
    trainer = report.trainer_status or (known if report.progress is not None else None)
    if trainer is None and report.progress is None:
        return None
    summary = compose_summary(report.progress, trainer, motion_of(job) if job is not None else Motion.GOES_ON)
    status = Report(trainer_status=trainer, progress=report.progress).dump()
    progress = status.get(_PROGRESS, {}) | ({"summary": summary} if summary is not None else {})
    manager = STATUS_FIELD_MANAGER if report.progress is None else PROGRESS_FIELD_MANAGER
    return Application(status | ({_PROGRESS: progress} if progress else {}), manager)


def _refuse(problems: Any) -> Invalid:  # noqa: ANN401
    said = list_few(problems, most=3, between="; ", longest=600)
    return Invalid(f"{_INVALID}: {said}" if said else _INVALID)


def _path(location: tuple[str | int, ...]) -> str:
    return shorten("".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip("."), 200)
