"""Which model is trained: a runtime may borrow the config of another one that is built alike."""

from trainjob_contract.environment import STORAGE_URI
from trainjob_contract.storage_uri import Kind, Source, parse_source
from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import MODEL_INITIALIZER, MODEL_LABEL
from trainjob_operator.reconciler.merge.initializer import source_of, storage_uri_of
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.torchtune.catalogue import model_of


def name_model(job: TrainJob, runtime: Runtime, run: TuneRun | None, own: TuneRun | None) -> str | None:
    """Name the model as its repository is called: that of the TrainJob, of the runtime's label, or of its source.

    None if that is not known, and where the TrainJob trains by the config of another model than the runtime.

    Args:
        job: the TrainJob.
        runtime: its runtime.
        run: what TorchTune runs.
        own: the same, as the runtime has it.
    """
    offered = _offered(runtime)
    asked = _asked(job)
    if asked is not None and asked != offered:
        return _repository(asked)
    if run is not None and own is not None and model_of(run.config) != model_of(own.config):
        return None
    return runtime.metadata.labels.get(MODEL_LABEL) or _repository(offered)


def _asked(job: TrainJob) -> str | None:
    source = source_of(job, MODEL_INITIALIZER)
    given = storage_uri_of(source) if source is not None else None
    return given[1] if given is not None else None


def _offered(runtime: Runtime) -> str | None:
    steps = runtime.spec.template.spec.replicated_jobs
    containers = (find_container(step.template, MODEL_INITIALIZER) for step in steps)
    container = next((one for one in containers if one is not None), None)
    env = (container.env if container is not None else None) or ()
    return next((entry.value for entry in env if entry.name == STORAGE_URI), None)


def _repository(uri: str | None) -> str | None:
    """Return a repository's name without its organization; what other sources hold is not told by their names."""
    source = parse_source(uri, Kind.MODEL) if uri is not None else None
    return source.repository.rpartition("/")[2] if isinstance(source, Source) else None
