"""Follow one TrainJob as it happens: conditions, pods and their logs, as one stream of happenings."""

import queue
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kubernetes import client, watch

from tests.demo.configuration import fold_configuration

GROUP, VERSION, PLURAL = "trainer.kubeflow.org", "v1alpha1", "trainjobs"
TRAINJOB_LABEL = "jobset.sigs.k8s.io/jobset-name"
STEP_LABEL = "jobset.sigs.k8s.io/replicatedjob-name"
_LOSS = re.compile(r"\|(\d+)\|Loss: (nan|inf|[0-9.e+-]+)")


@dataclass(frozen=True)
class PodPhase:
    """A step's pod changed its phase."""

    step: str
    phase: str
    node: str | None


@dataclass(frozen=True)
class LogLine:
    """A step wrote a line."""

    step: str
    text: str


@dataclass(frozen=True)
class Loss:
    """The trainer finished an optimizer step."""

    step: int
    value: float


@dataclass(frozen=True)
class Condition:
    """A condition of the TrainJob became what it is."""

    type: str
    status: str
    reason: str
    message: str


Happening = PodPhase | LogLine | Loss | Condition


def parse_loss(text: str) -> Loss | None:
    """Read step and loss from a progress line of TorchTune, or give None for any other line."""
    found = _LOSS.search(text)
    return Loss(step=int(found[1]), value=float(found[2])) if found else None


def follow(api: client.ApiClient, namespace: str, name: str, timeout: float) -> Iterator[Happening]:
    """Yield what happens to a TrainJob until it is Complete or Failed and its logs are read to their end.

    Raises:
        TimeoutError: it was neither after ``timeout`` seconds.
    """
    return _Follower(api, namespace, name, time.monotonic() + timeout).run()


class _Follower:
    def __init__(self, api: client.ApiClient, namespace: str, name: str, deadline: float) -> None:
        self._api, self._namespace, self._name, self._deadline = api, namespace, name, deadline
        self._happenings: queue.Queue[Happening | Exception] = queue.Queue()
        self._logs: dict[str, threading.Thread] = {}
        self._phases: dict[str, str] = {}
        self._conditions: set[Condition] = set()

    def run(self) -> Iterator[Happening]:
        for target in (self._watch_trainjob, self._watch_pods):
            self._start(target)
        ended = False
        while not (ended and self._happenings.empty() and not any(t.is_alive() for t in self._logs.values())):
            try:
                happening = self._happenings.get(timeout=0.5)
            except queue.Empty:
                if time.monotonic() > self._deadline:
                    raise TimeoutError(f"TrainJob {self._name} has not ended in time") from None
                continue
            if isinstance(happening, Exception):
                raise happening
            yield happening
            if isinstance(happening, Condition) and happening.type in {"Complete", "Failed"}:
                ended = True

    def _start(self, target: Callable[..., None], *args: str) -> threading.Thread:
        def run() -> None:
            try:
                target(*args)
            except Exception as error:  # noqa: BLE001 - it is raised again where the happenings are read
                self._happenings.put(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _watch_trainjob(self) -> None:
        crd = client.CustomObjectsApi(self._api)
        for event in self._stream(
            crd.list_namespaced_custom_object, GROUP, VERSION, self._namespace, PLURAL, field_selector=self._selector
        ):
            for condition in event["object"].get("status", {}).get("conditions", ()):
                seen = Condition(condition["type"], condition["status"], condition["reason"], condition["message"])
                if seen not in self._conditions:
                    self._conditions.add(seen)
                    self._happenings.put(seen)

    @property
    def _selector(self) -> str:
        return f"metadata.name={self._name}"

    def _watch_pods(self) -> None:
        core = client.CoreV1Api(self._api)
        for event in self._stream(
            core.list_namespaced_pod, self._namespace, label_selector=f"{TRAINJOB_LABEL}={self._name}"
        ):
            pod = event["object"]
            step, phase = pod.metadata.labels[STEP_LABEL], pod.status.phase
            if event["type"] != "DELETED" and self._phases.get(pod.metadata.name) != phase:
                self._phases[pod.metadata.name] = phase
                self._happenings.put(PodPhase(step, phase, pod.spec.node_name))
                if phase != "Pending" and pod.metadata.name not in self._logs:
                    self._logs[pod.metadata.name] = self._start(self._read_log, pod.metadata.name, step)

    def _read_log(self, pod: str, step: str) -> None:
        core = client.CoreV1Api(self._api)
        answer = core.read_namespaced_pod_log(pod, self._namespace, container=step, follow=True, _preload_content=False)
        for text in fold_configuration(_lines(answer.stream(1024))):
            if text:
                self._happenings.put(parse_loss(text) or LogLine(step, text))

    def _stream(self, function: Callable[..., Any], *args: str, **kwargs: str) -> Iterator[Any]:
        while time.monotonic() < self._deadline:
            yield from watch.Watch().stream(function, *args, timeout_seconds=60, **kwargs)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace").rstrip() for line in lines)
