import pytest

from trainjob_operator.plan.documents import Identity, read_documents, write_manifests

API = "apiVersion: trainer.kubeflow.org/v1alpha1"
KNOWN = "trainer.kubeflow.org/v1alpha1 is the one there is"
JOB = f"{API}\nkind: TrainJob\nmetadata: {{name: j}}\n"


def errors(text: str) -> tuple[str, ...]:
    return read_documents([("job.yaml", text.encode())], "team-a").errors


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: b: c", "job.yaml: line 1, column 5: this is no YAML: mapping values are not allowed here"),
        ("a: \0", "job.yaml: this is no YAML: unacceptable character #x0000: special characters are not allowed"),
        ("a: " + "[" * 5000, "job.yaml: is nested too deeply"),
        ("", "there is no TrainJob in job.yaml"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: s}", "there is no TrainJob in job.yaml"),
        ("- a", "job.yaml: document 1 is no Kubernetes object: it has no kind"),
        ("kind: List\nitems: [a]", "job.yaml: document 1 is no Kubernetes object: it has no kind"),
        (JOB + "---\nspec: {}", "job.yaml: document 2 is no Kubernetes object: it has no kind"),
        (
            "apiVersion: trainer.kubeflow.org/v2\nkind: TrainJob\nmetadata: {name: j}",
            f"job.yaml: TrainJob team-a/j has the apiVersion trainer.kubeflow.org/v2; {KNOWN}",
        ),
        (
            "kind: ClusterTrainingRuntime",
            f"job.yaml: ClusterTrainingRuntime without a name has the apiVersion None; {KNOWN}",
        ),
    ],
    ids=lambda text: text[:20],
)
def test_what_cannot_be_read_is_said_in_a_sentence(text: str, sentence: str) -> None:
    assert errors(text) == (sentence,)


def test_all_that_is_wrong_is_said_and_where() -> None:
    sources = [("a.yaml", b"- a"), ("b.yaml", b"{"), ("c.yaml", JOB.encode())]

    assert [error.partition(":")[0] for error in read_documents(sources, "").errors] == ["a.yaml", "b.yaml"]


def test_objects_are_told_apart() -> None:
    given = (
        f"{JOB}---\n{API}\nkind: TrainingRuntime\nmetadata: {{name: r, namespace: team-b}}\n---\n"
        "apiVersion: v1\nkind: List\nitems:\n"
        "- {apiVersion: trainer.kubeflow.org/v1alpha1, kind: ClusterTrainingRuntime, metadata: {name: c}}\n"
        "- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n---\n"
    )

    read = read_documents([("stdin", given.encode())], "team-a")

    assert [identity for identity, _ in read.trainjobs] == [Identity("TrainJob", "team-a", "j")]
    assert list(read.runtimes) == [
        Identity("TrainingRuntime", "team-b", "r"),
        Identity("ClusterTrainingRuntime", "", "c"),
    ]
    assert read.others == (Identity("Secret", "team-a", "s"),)
    assert read.errors == ()


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("1e-4", 1e-4),
        (".5", 0.5),
        ("1_000", 1000),
        ("0x10", 16),
        ("010", 8),
        ("1:30", "1:30"),
        ("2026-10-01", "2026-10-01"),
        ("2026-10-01T12:00:00Z", "2026-10-01T12:00:00Z"),
        ("yes", True),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ('"1e-4"', "1e-4"),
    ],
)
def test_scalars_are_read_as_kubectl_reads_them(scalar: str, value: object) -> None:
    [(_, body)] = read_documents(
        [("", f"{JOB}value: {scalar if scalar != '-' else repr('-')}\n".encode())], ""
    ).trainjobs

    assert (type(body["value"]), body["value"]) == (type(value), value)


def test_manifests_have_no_references() -> None:
    shared = {"a": "b"}

    assert write_manifests([{"one": shared, "two": shared}, {}]) == "one:\n  a: b\ntwo:\n  a: b\n--- {}\n"
