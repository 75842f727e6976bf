"""`python -m trainjob_operator` is the program `trainjob-operator`."""

import sys

from trainjob_operator.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
