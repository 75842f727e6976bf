"""`tune`: a run of a recipe goes through the launcher, every other subcommand straight to TorchTune."""

import os
import sys

from trainjob_contract.tune_run import Malformed, parse_tune_run
from trainjob_torchtune.launcher import TUNE, launch, refuse
from trainjob_torchtune.violation import Violation


def main() -> int:
    """Run the command line and return the exit code."""
    words = sys.argv[1:]
    run = parse_tune_run(("tune", *words))
    if run is None:
        os.execv(TUNE[0], [*TUNE, *words])  # noqa: S606 - the same program, without a shell
    if isinstance(run, Malformed):
        return refuse(Violation(f"{run.message[:1].upper()}{run.message[1:]}."), os.environ)
    return launch(run, os.environ)


if __name__ == "__main__":
    sys.exit(main())
