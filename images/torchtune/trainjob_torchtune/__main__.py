"""`tune`: a run of a recipe goes through the launcher, every other subcommand straight to TorchTune."""

import os
import sys

from trainjob_torchtune.launcher import TUNE, launch, refuse
from trainjob_torchtune.run.commandline import parse
from trainjob_torchtune.violation import Violation


def main() -> int:
    """Run the command line and return the exit code."""
    words = sys.argv[1:]
    run = parse(words)
    if run is None:
        os.execv(TUNE[0], [*TUNE, *words])  # noqa: S606 - the same program, without a shell
    return refuse(run, os.environ) if isinstance(run, Violation) else launch(run, os.environ)


if __name__ == "__main__":
    sys.exit(main())
