"""`python -m trainjob_initializer dataset|model`: the program of the initializer containers."""

import os
import signal
import sys
from types import FrameType

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_initializer.console import Console
from trainjob_initializer.download.activity import Activity
from trainjob_initializer.failure import Failure
from trainjob_initializer.settings import Settings, read_settings
from trainjob_initializer.stores.environment import client_environment
from trainjob_initializer.termination import conclude

# How a run that starts over tells the next one when the last byte arrived.
_GAINED_AT = "TRAINJOB_GAINED_AT"


def main() -> int:
    """Download, and return the exit code."""
    os.umask(0o002)
    console = Console()
    match read_settings(sys.argv[1:], os.environ):
        case Failure() as failure:
            return conclude(failure, os.environ, console)
        case settings:
            return _run(settings, console)


def _run(settings: Settings, console: Console) -> int:
    """Download with a way out for SIGTERM, and one for a download that does not move."""
    gained_at = os.environ.get(_GAINED_AT)
    activity = Activity(float(gained_at) if gained_at else None)
    environment = client_environment(os.environ)

    def end(failure: Failure) -> None:
        os._exit(conclude(failure, os.environ, console))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        sentence = f"The download of the {settings.source} was stopped by SIGTERM; what has arrived stays."
        end(Failure(ExitCode.TERMINATED, sentence))

    def start_over(reason: str) -> None:
        if activity.fruitless_s() > settings.give_up_s:
            remedy = "check the network, the proxy and HF_ENDPOINT"
            end(Failure(ExitCode.UNREACHABLE, f"Gave up on the {settings.source} ({reason}): {remedy}."))
        console.say(f"  {reason}; starting over without Xet")
        changes = {"HF_HUB_DISABLE_XET": "1", _GAINED_AT: repr(activity.gained_at)}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment | changes)  # noqa: S606 - ourselves

    signal.signal(signal.SIGTERM, stop)
    os.environ.clear()
    os.environ.update(environment)
    with activity.elsewhere():
        # The client reads its environment when it is imported, which takes seconds on a busy node.
        from trainjob_initializer.download.download import Download  # noqa: PLC0415

    failure = Download(settings, activity, console, start_over).run()
    return conclude(failure, os.environ, console) if failure else 0


if __name__ == "__main__":
    # Threads that are still busy with a download that has failed are not waited for.
    os._exit(main())
