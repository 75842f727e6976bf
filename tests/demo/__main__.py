"""``make demo``: a Kubernetes, an operator, a real language model that learns something, all of it to be watched."""

import argparse
import sys

from kubernetes import client, config

from tests.demo import stage
from tests.demo.follow import Condition, Loss, follow
from tests.demo.screen import Screen
from tests.devcluster.cache import ROOT
from tests.devcluster.cluster import Cluster
from tests.devcluster.errors import DevclusterError
from tests.models import answers

TRAINING_TIMEOUT_S = 1200.0
QUESTIONS = 3
DEFAULT_NAME = "demo"


def main() -> int:
    """Run the demo; the exit code is 0 only if the model was trained and its answers were shown."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--name", default=DEFAULT_NAME, help="name of the cluster (default: %(default)s)")
    parser.add_argument("--down", action="store_true", help="only take the demo's cluster and its Hub down")
    arguments = parser.parse_args()
    screen = Screen()
    try:
        if (cluster := Cluster.running(arguments.name)) is not None:
            cluster.down()
        if arguments.down:
            screen.print("The demo's cluster and its Hub are down.")
            return 0
        return _run(screen, arguments.name)
    except (DevclusterError, RuntimeError, TimeoutError) as error:
        screen.print(f"The demo failed: {error}")
        return 1


def _run(screen: Screen, name: str) -> int:
    screen.title("Setting up (the first time takes some twenty minutes on two cores, later a few seconds)")
    props = stage.make_props(screen.say)
    questions = stage.held_out_questions(props)[:QUESTIONS]
    screen.say(f"asking the untouched model {len(questions)} questions that are not in the training data")
    before = answers.ask(props.model, questions)

    screen.title("A Kubernetes cluster, and the operator in it")
    cluster = stage.start_cluster(name, props.machinery, nodes=2, gpus=1, stays=True, say=screen.say)
    hub_url = stage.start_hub(cluster, props.repositories)
    screen.say(f"a local Hub serves model and data set at {hub_url}")
    stage.make_namespaces(cluster)
    screen.say("helm install trainjob-operator manifests/chart")
    stage.install_operator(cluster, hub_url)

    screen.title(f"kubectl apply -f {stage.EXAMPLE.relative_to(ROOT)}")
    cluster.kubectl("-n", stage.NAMESPACE, "apply", "-f", stage.EXAMPLE)
    is_complete, losses = _watch(screen, cluster)
    if not is_complete:
        _point_around(screen, name)
        return 1

    screen.title("What it learned")
    output = stage.result_folder(cluster)
    model = max(output.glob("epoch_*"))
    screen.say(f"the fine-tuned model is at /workspace/output/{model.name} on the claim initializer-{stage.TRAINJOB}")
    screen.say(f"mean loss of the first five steps {_mean(losses[:5]):.2f}, of the last five {_mean(losses[-5:]):.2f}")
    screen.say("asking the same questions again")
    screen.compare(questions, before, answers.ask(model, questions))
    screen.print(
        "The form of the answers is learned; the facts in them are mostly wrong: 135 million parameters, a minute."
    )
    _point_around(screen, name)
    return 0


def _watch(screen: Screen, cluster: Cluster) -> tuple[bool, list[float]]:
    """Show the TrainJob until it ends; return whether it is Complete, and the loss of each step."""
    api = config.new_client_from_config(str(cluster.kubeconfig))
    is_complete, losses = False, []
    with client.ApiClient(api.configuration) as api_client:
        for happening in follow(api_client, stage.NAMESPACE, stage.TRAINJOB, TRAINING_TIMEOUT_S):
            screen.show(happening)
            match happening:
                case Loss(value=value):
                    losses.append(value)
                case Condition(type="Complete", status="True"):
                    is_complete = True
                case _:
                    pass
    return is_complete, losses


def _point_around(screen: Screen, name: str) -> None:
    screen.title("Look around, or train once more; cluster and Hub stay up until the last of these lines ends both")
    example = stage.EXAMPLE.relative_to(ROOT)
    for line in (
        f'eval "$(.venv/bin/python -m tests.devcluster env --name {name})"',
        f"kubectl -n {stage.NAMESPACE} get trainjobs,jobs,pods,pvc",
        f"kubectl -n {stage.NAMESPACE} describe trainjob {stage.TRAINJOB}",
        f"kubectl -n {stage.NAMESPACE} logs job/{stage.TRAINJOB}-node-0",
        f"kubectl -n {stage.OPERATOR_NAMESPACE} logs -l app.kubernetes.io/name=trainjob-operator",
        f"sed 's/name: {stage.TRAINJOB}/name: second/' {example} | kubectl -n {stage.NAMESPACE} apply -f -",
        f"kubectl -n {stage.NAMESPACE} get trainjob second --watch",
        "make down" if name == DEFAULT_NAME else f".venv/bin/python -m tests.demo --name {name} --down",
    ):
        screen.print(f"  {line}")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    sys.exit(main())
