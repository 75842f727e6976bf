"""Names, labels and annotations: the one place that spells them.

They equal those of Kubeflow Trainer v2.3 with JobSet v0.12, because the SDK, Kueue and people's tools select by them.
"""

import hashlib

from trainjob_contract.environment import MASTER_ADDR, MASTER_PORT, NNODES, NODE_RANK, NPROC_PER_NODE

GROUP = "trainer.kubeflow.org"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

TRAINJOB = "TrainJob"
TRAINING_RUNTIME = "TrainingRuntime"
CLUSTER_TRAINING_RUNTIME = "ClusterTrainingRuntime"

FIELD_MANAGER = "trainjob-operator"
TRAINJOB_CONTROLLER = f"{GROUP}/trainjob-controller"
MULTIKUEUE_CONTROLLER = "kueue.x-k8s.io/multikueue"

ANCESTOR_LABEL = f"{GROUP}/trainjob-ancestor-step"
FRAMEWORK_LABEL = f"{GROUP}/framework"
SUPPORT_LABEL = f"{GROUP}/support"
FAMILY_LABEL = f"{GROUP}/model-family"
MODEL_LABEL = f"{GROUP}/model"
METHOD_LABEL = f"{GROUP}/method"
"""What a bundled runtime trains, and how: for ``kubectl get clustertrainingruntimes -L``."""

JOBSET_PREFIX = "jobset.sigs.k8s.io/"
TRAINJOB_NAME_LABEL = f"{JOBSET_PREFIX}jobset-name"
TRAINJOB_UID_LABEL = f"{JOBSET_PREFIX}jobset-uid"
REPLICATED_JOB_LABEL = f"{JOBSET_PREFIX}replicatedjob-name"
ATTEMPT_LABEL = f"{JOBSET_PREFIX}restart-attempt"
COMPLETION_INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index"
JOB_NAME_LABELS = ("batch.kubernetes.io/job-name", "job-name")
JOB_UID_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")
"""What the API server writes on the pods of each Job."""

DATASET_INITIALIZER = "dataset-initializer"
MODEL_INITIALIZER = "model-initializer"
TRAINER = "trainer"
NODE = "node"
WORKSPACE_VOLUME = "initializer"

CA_KEY = "ca.crt"
RENDEZVOUS_PORT = 29500
RESERVED_ENV = (NNODES, NPROC_PER_NODE, NODE_RANK, MASTER_ADDR, MASTER_PORT)

WEBHOOK_PORT = 9443
STATUS_PORT = 10443
CERTIFICATE_SECRET = "kubeflow-trainer-webhook-cert"  # noqa: S105 - the name of one
MANAGER_SERVICE = "kubeflow-trainer-controller-manager"
"""The Service by whose name Kubeflow Trainer is reached; ours answers to it as well."""
PEER_LEASE = "trainer.kubeflow.org"
STATUS_FIELD_MANAGER = "trainer-status"

MAX_LABEL_LENGTH = 63


def status_path(namespace: str, trainjob: str) -> str:
    """Give the path at which a trainer reports its progress."""
    return f"/apis/{API_VERSION}/namespaces/{namespace}/trainjobs/{trainjob}/status"


def status_audience(namespace: str, trainjob: str) -> str:
    """Give the audience of the token that a trainer shows when it reports its progress."""
    return f"{API_VERSION}/namespaces/{namespace}/trainjobs/{trainjob}/status"


def snapshot_name(trainjob: str) -> str:
    """Name the ConfigMap that keeps the runtime as the TrainJob first saw it."""
    return f"{trainjob}-runtime-snapshot"


def claim_name(template: str, trainjob: str) -> str:
    """Name the PersistentVolumeClaim that is made from a volume claim template of the runtime."""
    return f"{template}-{trainjob}"


def job_name(trainjob: str, replicated_job: str) -> str:
    """Name the Job of a replicated job; there is one replica of each, so the index is 0."""
    return f"{trainjob}-{replicated_job}-0"


def rank_zero_host(trainjob: str, replicated_job: str, subdomain: str) -> str:
    """Name the first pod of a replicated job as DNS in the same namespace resolves it."""
    return f"{job_name(trainjob, replicated_job)}-0.{subdomain}"


def job_key(namespace: str, job: str) -> str:
    """Hash a Job's namespace and name as JobSet does for its ``job-key`` label (sha1, hex)."""
    return hashlib.sha1(f"{namespace}/{job}".encode(), usedforsecurity=False).hexdigest()


def max_trainjob_name_length(longest_host: str) -> int:
    """Give the longest TrainJob name with which Kubernetes takes a runtime's Jobs.

    The host names of an Indexed Job's pods, ``<trainjob>-<replicated job>-0-<index>``, have to be DNS labels; names of
    pods are cut to fit. ``longest_host`` is what follows the TrainJob's name and a hyphen.
    """
    return MAX_LABEL_LENGTH - len("-") - len(longest_host)
