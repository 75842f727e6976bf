"""Make a model or a data set: `python -m tests.models tiny|smollm2|docstrings --out DIR`."""

import argparse
import shutil
import sys
from pathlib import Path

from tests.devcluster.errors import DevclusterError
from tests.models.store import MAKERS


def main() -> int:
    """Make it if it is not in the cache, and copy it."""
    parser = argparse.ArgumentParser(prog="python -m tests.models", description="Make a model or a data set.")
    parser.add_argument("kind", choices=sorted(MAKERS))
    parser.add_argument("--out", type=Path, required=True, help="the folder to fill")
    arguments = parser.parse_args()
    try:
        shutil.copytree(MAKERS[arguments.kind](), arguments.out, dirs_exist_ok=True)
    except DevclusterError as error:
        print(error, file=sys.stderr)
        return 1
    for path in sorted(path for path in arguments.out.rglob("*") if path.is_file()):
        print(f"{path.stat().st_size:>12}  {path.relative_to(arguments.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
