"""Look at the rows of a file: `measure_rows < PATH` prints how many, the seconds of CPU, and the bytes at the peak.

Runs in torch's environment, with the launcher's package on PYTHONPATH.
"""

import json
import resource
import sys
from pathlib import Path

from trainjob_torchtune.preflight.data.rows import Rows, look_at_rows
from trainjob_torchtune.run.training import DatasetSource


def read_peak() -> int:
    """Return the most memory that this process has had, mapped files included; ru_maxrss knows of its parent, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    options = {"source": "json", "data_files": sys.stdin.read()}
    rows = look_at_rows(DatasetSource("dataset", "torchtune.datasets.instruct_dataset", options), None, lambda *_: None)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "rows": rows.number if isinstance(rows, Rows) else None,
                "seconds": used.ru_utime + used.ru_stime,
                "bytes": read_peak(),
            }
        )
    )
