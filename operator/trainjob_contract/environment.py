"""Environment variables that the operator, or a bundled runtime, sets and a program in a pod reads."""

NNODES = "PET_NNODES"
NPROC_PER_NODE = "PET_NPROC_PER_NODE"
NODE_RANK = "PET_NODE_RANK"
MASTER_ADDR = "PET_MASTER_ADDR"
MASTER_PORT = "PET_MASTER_PORT"
RDZV_ENDPOINT = "PET_RDZV_ENDPOINT"
"""torchrun's own: each stands for a flag of it."""

ACCELERATORS_PER_NODE = "TRAINJOB_ACCELERATORS_PER_NODE"
"""How many GPUs a pod has, where they are not to be seen."""
WORKSPACE = "TRAINJOB_WORKSPACE"
"""Where the volume is mounted, if that is not its usual place."""

NAN_STEPS = "TRAINJOB_NAN_STEPS"
"""After how many steps whose loss is no number a training is ended."""
CHECKPOINT_MINUTES = "TRAINJOB_CHECKPOINT_MINUTES"
CHECKPOINT_STEPS = "TRAINJOB_CHECKPOINT_STEPS"
CHECKPOINTS_KEPT = "TRAINJOB_CHECKPOINTS_KEPT"
STOP_SECONDS = "TRAINJOB_STOP_SECONDS"
RESUME = "TRAINJOB_RESUME"
"""When a training in progress is saved, and gone on with."""
STOP_FOLDER = "TRAINJOB_STOP_FOLDER"
"""Between launcher and training processes: where one tells the others to stop."""
RECIPE_FILE = "TRAINJOB_RECIPE_FILE"
"""Between launcher and training processes: which of TorchTune's recipes runs."""

STORAGE_URI = "STORAGE_URI"
ACCESS_TOKEN = "ACCESS_TOKEN"  # noqa: S105 - the name of a variable
IGNORE_PATTERNS = "IGNORE_PATTERNS"
"""What an initializer downloads, as whom, and what not: the names are Kubeflow Trainer's."""

SERVER_URL = "KUBEFLOW_TRAINER_SERVER_URL"
SERVER_CA_CERT = "KUBEFLOW_TRAINER_SERVER_CA_CERT"
SERVER_TOKEN = "KUBEFLOW_TRAINER_SERVER_TOKEN"  # noqa: S105 - the name of a variable
"""Where a trainer reports its progress, and the files with whom it trusts and who it is."""
