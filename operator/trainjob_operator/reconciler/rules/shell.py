"""Arguments that a shell takes for something else: for its script, or for names that the script does not read."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import JobTemplate
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.rules.violation import Violation

_SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh"}
_COMMAND = re.compile(r"[-+][a-zA-Z]*c[a-zA-Z]*")
_WITH_VALUE = re.compile(r"[-+][a-zA-Z]*[oO]")
# Also text to a shell: an assignment, which a command may follow, but for keys with a dot.
_OVERRIDE = re.compile(r"~?\w+=[^\s;&|`$<>]*|\w+(\.\w+)+=.*", re.DOTALL)
_POSITIONAL = re.compile(r"\$[@*#\d]|\$\{[!#]?[@*#\d]|\bshift\b|\bgetopts\b|BASH_ARGV")
_OWN_NAME = re.compile(r"\$0|\$\{0|BASH_ARGV")
_FIELD = "spec.trainer.args"


def check_shell(job: TrainJob, template: JobTemplate) -> tuple[Violation, ...]:
    """Refuse arguments of the TrainJob that a shell would take for its script, or that its script leaves unread.

    The template is the trainer's with the TrainJob in it.
    """
    container = find_container(template, NODE)
    arguments = job.spec.trainer.args if job.spec.trainer is not None else None
    if container is None or not arguments:
        return ()
    command = container.command or ()
    words = (*command, *(container.args or ()))
    at = _find_script(words)
    if at is None:
        return ()
    wrong = _judge(words[at], words[at + 1 :] if at < len(command) else (), is_given=at >= len(command))
    return () if wrong is None else (Violation(Reason.INVALID_SPEC, _FIELD, wrong),)


def _judge(script: str, arguments: Sequence[str], *, is_given: bool) -> str | None:
    if is_given:
        if not _OVERRIDE.fullmatch(script):
            return None
        return (
            "the command is a shell, of which the first argument is the script: it would run this override, and train"
            " nothing; give the whole script, or command: [tune, run] to have the arguments taken for overrides"
        )
    if not any(argument.startswith("-") or "=" in argument for argument in arguments if argument != "--"):
        return None
    if not _POSITIONAL.search(script):
        return (
            'the command is a shell with a script that reads no arguments (no "$@" in it), so that these would change'
            " nothing; give command: [tune, run] to have them taken for overrides, or leave them out"
        )
    if _OVERRIDE.fullmatch(arguments[0]) and not _OWN_NAME.search(script):
        return (
            "the command is a shell with a script, of which the first argument is the name ($0) and changes nothing:"
            ' put "--" before it'
        )
    return None


def _find_script(words: Sequence[str]) -> int | None:
    """Return where the script of ``sh -c`` stands, which is after all options; None if no shell is run like this."""
    start = next((at for at, word in enumerate(words[:4]) if PurePosixPath(word).name in _SHELLS), None)
    if start is None:
        return None
    at, is_command = start + 1, False
    while at < len(words) and words[at][:1] in {"-", "+"} and words[at] != "--":
        is_command = is_command or (not words[at].startswith("--") and _COMMAND.fullmatch(words[at]) is not None)
        at += 2 if _WITH_VALUE.fullmatch(words[at]) else 1
    at += at < len(words) and words[at] == "--"
    return at if is_command and at < len(words) else None
