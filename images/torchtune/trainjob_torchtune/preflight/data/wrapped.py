"""JSON whose rows lie one level deeper than `datasets` looks: it makes a single row of the whole file."""

import json
from collections.abc import Mapping
from typing import Any

from trainjob_torchtune.run.training import DatasetSource
from trainjob_torchtune.violation import Violation


def check_wrapping(dataset: DatasetSource, loaded: Any, reading: Mapping[str, str]) -> Violation | None:  # noqa: ANN401
    """Refuse `{"data": [rows]}`, with the override that reads it, and `{"input": [...], "output": [...]}`."""
    if dataset.options.get("source") != "json" or len(loaded) != 1 or not reading:
        return None
    row: Mapping[str, Any] = loaded[0]
    needed = set(reading.values())
    if not needed <= set(row):
        for name, value in row.items():
            rows = value if isinstance(value, list) else []
            if rows and all(isinstance(one, Mapping) for one in rows) and needed <= set(rows[0]):
                return Violation(
                    f"The data set is one JSON object, whose {len(rows)} rows lie in its field {name}: give "
                    f"{dataset.key}.field={name}."
                )
        return None
    lists = [name for name in needed if isinstance(row[name], list) and all(isinstance(one, str) for one in row[name])]
    if len(lists) != len(needed) or any(not row[name] for name in lists):
        return None
    example = json.dumps({name: row[name][0][:20] for name in sorted(lists)}, ensure_ascii=False)
    return Violation(
        f"The data set is one JSON object of columns, {', '.join(sorted(lists))}, each a list, which is read as a "
        f"single row: write one object a row, as in {example}."
    )
