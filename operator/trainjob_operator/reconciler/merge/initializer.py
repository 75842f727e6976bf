"""What becomes of the runtime's initializers: sources and credentials of the TrainJob go in."""

from trainjob_contract.environment import STORAGE_URI
from trainjob_operator.api.trainjob import InitializerSource, TrainJob
from trainjob_operator.api.workload import Container, EnvVar, JobTemplate
from trainjob_operator.naming import DATASET_INITIALIZER, MODEL_INITIALIZER
from trainjob_operator.reconciler.merge.templates import change_container, upsert_env


def source_of(job: TrainJob, ancestor: str | None) -> InitializerSource | None:
    """Give what the TrainJob says about the step of this ancestor label, or None if it says nothing."""
    if job.spec.initializer is None:
        return None
    return {
        DATASET_INITIALIZER: job.spec.initializer.dataset,
        MODEL_INITIALIZER: job.spec.initializer.model,
    }.get(ancestor or "")


def storage_uri_of(source: InitializerSource) -> tuple[str, str] | None:
    """Return which field says where from, and what, "" where the pod alone will know; None if the TrainJob does not.

    An explicit ``STORAGE_URI`` wins over ``storageUri``, the last one over those before it.
    """
    for at, entry in reversed(tuple(enumerate(source.env or ()))):
        if entry.name == STORAGE_URI:
            return f"env[{at}].value", entry.value or ""
    return None if source.storage_uri is None else ("storageUri", source.storage_uri)


def equip_initializer(job: TrainJob, ancestor: str, template: JobTemplate) -> JobTemplate:
    """Put the TrainJob's source into the container that downloads; without one the runtime's defaults hold.

    An explicit ``STORAGE_URI`` in the TrainJob's environment wins over ``storageUri``, and both over the Secret.
    """
    source = source_of(job, ancestor)
    if source is None:
        return template
    return change_container(template, ancestor, lambda container: _apply(source, container))


def _apply(source: InitializerSource, container: Container) -> Container:
    uri = () if source.storage_uri is None else (EnvVar(name=STORAGE_URI, value=source.storage_uri),)
    container = upsert_env(container, *uri, *(source.env or ()))
    if source.secret_ref is None or not source.secret_ref.name:
        return container
    secret = {"secretRef": {"name": source.secret_ref.name}}
    return container.model_copy(update={"env_from": (*(container.env_from or ()), secret)})
