from tests.factories.objects import LLAMA
from tests.factories.terminal import RESERVED, Terminal, given_runtime, job

RESERVED_IS_WRONG = (
    "spec.trainer.env: must not have reserved envs, invalid envs configured: [PET_NNODES]: numNodes and numProcPerNode"
    " set them"
)
MANAGED_IS_WRONG = (
    'spec.trainer.args[0]: must not set immutable config "output_dir" in trainer args; it is managed by the runtime'
)
NONE_IS_THERE = (
    'spec.runtimeRef: ClusterTrainingRuntime "none" not found: specified clusterTrainingRuntime must be created before'
    " the TrainJob is created (kubectl get clustertrainingruntimes lists what there is)"
)


def test_everything_that_is_wrong_is_said_at_once(terminal: Terminal) -> None:
    wrong = {
        "command": ["tune", "run"],
        "args": ["output_dir=/tmp"],
        "numNode": 2,
        "numNodes": -1,
        **RESERVED,
    }

    code, out, err = terminal.plan(
        job("one", trainer=wrong), job("two", runtime="none"), job("three", trainer=RESERVED)
    )

    assert (code, out) == (1, "")
    assert [line for line in err.splitlines() if not line.startswith("  (known here")] == [
        "TrainJob default/one is refused:",
        '  unknown field "spec.trainer.numNode"',
        "  spec.trainer.numNodes: must be at least 0",
        f"  {RESERVED_IS_WRONG}",
        f"  {MANAGED_IS_WRONG}",
        "TrainJob default/two is refused:",
        f"  {NONE_IS_THERE}",
        "TrainJob default/three is refused:",
        f"  {RESERVED_IS_WRONG}",
    ]
    assert "torch-distributed, torchtune-code-llama2-7b" in err


def test_a_wrong_type_is_all_that_can_be_said(terminal: Terminal) -> None:
    code, _, err = terminal.plan(job(trainer={"args": "epochs=1"}, suspend="no"))

    assert code == 1
    assert err == (
        "TrainJob default/j is refused:\n  spec.suspend: must be of type boolean\n"
        "  spec.trainer.args: must be of type array\n"
    )


def test_a_runtime_that_is_given_comes_before_the_shipped_one(terminal: Terminal) -> None:
    own = given_runtime()
    own["spec"]["mlPolicy"]["numNodes"] = 3

    _, out, _ = terminal.plan(job(), own)

    assert out.startswith(f"TrainJob default/j on ClusterTrainingRuntime {LLAMA}\n")
    assert "  nodes         3\n" in out


def test_runtimes_of_namespaces(terminal: Terminal) -> None:
    ref = {"kind": "TrainingRuntime", "name": "own"}
    of_the_namespace = given_runtime("own", kind="TrainingRuntime")
    elsewhere = given_runtime("own", kind="TrainingRuntime")
    elsewhere["metadata"] = {"name": "own", "namespace": "elsewhere"}

    assert terminal.plan(job(runtimeRef=ref), of_the_namespace, options=("-n", "team-a"))[0] == 0
    code, _, err = terminal.plan(job(runtimeRef=ref), elsewhere, options=("-n", "team-a"))
    assert code == 1
    assert 'TrainingRuntime "own" not found in namespace team-a' in err


def test_what_kubectl_get_lists_can_be_given(terminal: Terminal) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [given_runtime("own"), given_runtime("unused", spec={})]}

    code, _, err = terminal.plan(job(runtime="own"), listed)

    assert (code, err) == (0, "")


def test_a_runtime_that_is_used_is_checked_as_well(terminal: Terminal) -> None:
    wrong = given_runtime("own")
    wrong["spec"]["podGroupPolicy"] = {}
    said = "spec.podGroupPolicy: is not supported"

    code, _, err = terminal.plan(job(runtime="own"), wrong)
    labelled = wrong | {"metadata": {"name": "own", "labels": {"trainer.kubeflow.org/webhook-validation": "disabled"}}}
    _, _, less = terminal.plan(job(runtime="own"), labelled)

    assert code == 1
    assert f"ClusterTrainingRuntime own is refused:\n  {said}" in err
    assert f"  spec.runtimeRef: ClusterTrainingRuntime own cannot be used: {said}" in err
    assert less.startswith("TrainJob default/j is refused:\n")


def test_a_runtime_that_cannot_be_read(terminal: Terminal) -> None:
    code, _, err = terminal.plan(job(runtime="own"), given_runtime("own", spec={"template": []}))

    assert code == 1
    assert "ClusterTrainingRuntime own is refused:\n  spec.template: must be of type object\n" in err
    assert (
        "  spec.runtimeRef: ClusterTrainingRuntime own cannot be read: ClusterTrainingRuntime own: spec.template" in err
    )


def test_a_runtime_is_warned_of(terminal: Terminal) -> None:
    old = given_runtime("own")
    old["metadata"]["labels"] = {"trainer.kubeflow.org/support": "deprecated"}

    _, out, _ = terminal.plan(job(runtime="own"), old)

    assert out.startswith("ClusterTrainingRuntime own\n\nWarnings\n  ClusterTrainingRuntime own is labelled ")
    assert "spec.runtimeRef: ClusterTrainingRuntime own is deprecated" in out


def test_what_the_mutating_webhook_completes_is_in_the_answer(terminal: Terminal) -> None:
    trainer = {"numProcPerNode": "gpu", "resourcesPerNode": {"limits": {"nvidia.com/gpu": 2, "cpu": 0.5}}}

    code, out, err = terminal.plan(job(trainer=trainer))

    assert (code, err) == (0, "")
    assert "  processes     one on each accelerator\n" in out
    assert "  spec.trainer.numProcPerNode: gpu is the form of Kubeflow Trainer v2.1" in out
