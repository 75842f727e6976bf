"""Runtime patches: what a manager such as Kueue changes of a runtime for one TrainJob."""

from datetime import datetime
from typing import Any

from trainjob_operator.api.model import Model


class RuntimePatch(Model):
    """The patch of one manager. ``trainingRuntimeSpec`` is a strategic merge patch and is kept as it came."""

    manager: str
    time: datetime | None = None
    training_runtime_spec: dict[str, Any] | None = None
