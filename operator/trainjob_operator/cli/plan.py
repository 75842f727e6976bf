"""`trainjob-operator plan`: what would become of TrainJobs, told without a cluster."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from trainjob_operator.cli.command import Command
from trainjob_operator.plan.documents import read_documents, write_manifests
from trainjob_operator.plan.forecast import PlannedTrainJob, all_children, foresee
from trainjob_operator.plan.summary import describe, explain, head_manifests

_STDIN = "-"
_DESCRIPTION = """\
Tell, without a cluster, what would become of TrainJobs: what is chosen, what is created, and every error and warning
that admission gives, in the words of `kubectl apply --dry-run=server`. Runtimes are taken from the files as well, also
as `kubectl get clustertrainingruntime NAME -o yaml` gives them, or else from those shipped with this version.
"""
_ONLY_A_SERVER = """\
Only a server can tell: the CEL rules of the CRDs (but for the form of a name), what other webhooks, quotas and Pod
Security say, whether Secrets, claims and storage classes are there, and UIDs. What the schema itself refuses, such as
a number out of bounds, is told in our own words.

Exit codes: 0 all is well, warnings or not; 1 something is refused, or cannot be read (see stderr); 2 wrong usage.
"""


def _execute(options: argparse.Namespace) -> int:
    sources = [("stdin" if name == _STDIN else name, _read(name)) for name in options.filename]
    documents = read_documents(sources, options.namespace)
    for error in documents.errors:
        print(f"trainjob-operator: {error}", file=sys.stderr)
    if documents.errors:
        return 1
    outcomes = foresee(documents, datetime.now(UTC))
    for other in documents.others:
        print(f"Note: {other} is not looked at", file=sys.stderr)
    write = _write_manifests if options.output == "yaml" else _write_summaries
    write(outcomes)
    for outcome in outcomes:
        if outcome.errors:
            print(explain(outcome), end="", file=sys.stderr)
    return 1 if any(outcome.errors for outcome in outcomes) else 0


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == _STDIN else Path(name).read_bytes()


def _write_manifests(outcomes: tuple[PlannedTrainJob, ...]) -> None:
    """Print all manifests or, so that nobody applies the half of them, none."""
    if any(outcome.errors for outcome in outcomes):
        return
    print(head_manifests(outcomes) + write_manifests(all_children(outcomes)), end="")
    for warning in (warning for outcome in outcomes for warning in outcome.warnings):
        print(f"Warning: {warning}", file=sys.stderr)


def _write_summaries(outcomes: tuple[PlannedTrainJob, ...]) -> None:
    told = [
        outcome for outcome in outcomes if not outcome.errors and (outcome.forecast is not None or outcome.warnings)
    ]
    print("\n".join(map(describe, told)), end="")


def _describe() -> tuple[str, str]:
    return _DESCRIPTION, _ONLY_A_SERVER


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-f",
        "--filename",
        action="append",
        required=True,
        metavar="FILE",
        help="YAML file; - is stdin; may be repeated",
    )
    parser.add_argument(
        "-n", "--namespace", default="default", help="namespace of objects that name none (default: %(default)s)"
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=("summary", "yaml"),
        default="summary",
        help="yaml: the manifests alone, for kubectl diff or kubectl apply --dry-run (default: %(default)s)",
    )


COMMAND = Command(
    "plan",
    "tell what would become of TrainJobs, without a cluster",
    _describe,
    _add_options,
    _execute,
    aliases=("render",),
)
