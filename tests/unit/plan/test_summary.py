import shlex

import yaml
from tests.factories.objects import SMOLLM, container_of, resolved, trainjob
from tests.factories.terminal import Terminal, job


def test_the_command_line_is_that_of_the_pod(terminal: Terminal) -> None:
    args = ["dataset.column_map={'input': 'a b', \"output\": \"$HOME\"}", "epochs=1"]
    trainer = {"command": ["tune", "run"], "args": args}

    _, out, _ = terminal.plan(job(trainer=trainer))

    lines = out.splitlines()
    container = container_of(resolved(trainjob(trainer=trainer)))
    assert shlex.split(lines[lines.index("Command") + 1]) == [*(container.command or ()), *args]


def test_of_each_key_the_last_override_is_in_force(terminal: Terminal) -> None:
    _, out, _ = terminal.plan(job(runtime=SMOLLM, trainer={"args": ["batch_size=2", "seed=1", "seed=2"]}))

    in_force = out.partition("\nOverrides\n")[2].partition("\n\n")[0].split()
    assert "batch_size=2" in in_force
    assert not {"batch_size=4", "seed=1"} & set(in_force)


def test_warnings_come_last(terminal: Terminal) -> None:
    code, out, err = terminal.plan(job(trainer={"args": ["epcohs=1"]}))

    assert (code, err) == (0, "")
    assert out.endswith(
        "\n\nWarnings\n  spec.trainer.args[0]: config llama3_2/1B_full of full_finetune_distributed has no key epcohs,"
        " did you mean epochs?\n"
    )


def test_a_trainjob_that_waits(terminal: Terminal) -> None:
    _, out, _ = terminal.plan(job(suspend=True))
    _, manifests, _ = terminal.plan(job(suspend=True), options=("-oyaml",))

    assert "\nNotes\n  spec.suspend is true: " in out
    jobs = [manifest for manifest in yaml.safe_load_all(manifests) if manifest["kind"] == "Job"]
    assert [manifest["spec"]["suspend"] for manifest in jobs] == [True, True, True]


def test_a_trainjob_that_is_somebody_elses(terminal: Terminal) -> None:
    foreign = job(managedBy="kueue.x-k8s.io/multikueue")

    _, out, _ = terminal.plan(foreign)
    _, manifests, _ = terminal.plan(foreign, options=("-oyaml",))

    assert "\nNotes\n  spec.managedBy is kueue.x-k8s.io/multikueue: here nothing is created" in out
    assert list(yaml.safe_load_all(manifests)) == []


def test_values_of_secrets_are_not_shown(terminal: Terminal) -> None:
    env = [{"name": "HF_TOKEN", "value": "hf_1234"}]
    model = {"storageUri": "hf://a/b", "env": env, "secretRef": {"name": "s"}}

    _, out, err = terminal.plan(job(trainer={"env": env}, initializer={"model": model}))

    assert "hf_1234" not in out + err
    assert "  HF_TOKEN=(not shown)\n" in out
    assert "with all keys of {secretRef: {name: s}}\n" in out


def test_a_program_of_the_users_own(terminal: Terminal) -> None:
    trainer = {"command": ["torchrun", "train.py"], "numNodes": 2, "numProcPerNode": 4}

    _, out, _ = terminal.plan(job(runtime="torch-distributed", trainer=trainer))

    assert "  program       not TorchTune's" in out
    assert "  nodes         2\n  processes     4 on each node\n  accelerators  none\n" in out
    assert "\nCommand\ntorchrun train.py\n" in out
    assert "Volumes" not in out
