"""A column of texts: none of its rows may be null or anything but text."""

from typing import Any

from trainjob_torchtune.preflight.data.fault import Fault

_WORD = r"\S+"


class Texts:
    """Looks at one column, batch by batch, and remembers the first fault, and what there is to warn of.

    Every word is a token at least, with all tokenizers of TorchTune: they split at blanks before they make tokens. So a
    prompt with as many words as a row may have tokens surely leaves no room for the answer.
    """

    def __init__(self, loaded: Any, column: str, *, limit: int | None, is_csv: bool) -> None:  # noqa: ANN401
        self._column = column
        self._kind = type(loaded.features[column]).__name__
        self._rows = loaded
        self._limit = limit
        self._is_csv = is_csv
        self.fault: Fault | None = None
        self.number = self.idle = self.cut = self.longest = self.longest_row = 0

    def look(self, batch: Any, start: int) -> None:  # noqa: ANN401 - a table of Arrow's
        """Look at a batch that begins at row `start`."""
        import pyarrow as pa  # noqa: PLC0415 - only where rows are looked at
        import pyarrow.compute as pc  # noqa: PLC0415

        values = batch.column(self._column)
        if self._kind == "Json":
            decoded = self._rows[start : start + len(values)][self._column]
            self._find(
                [position for position, value in enumerate(decoded) if not isinstance(value, str)], decoded, start
            )
            return
        if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            self._find(range(len(values)), values, start)
            return
        if values.null_count:
            self._find(pc.indices_nonzero(pc.is_null(values)).to_pylist(), values, start)
        lengths = pc.utf8_length(values)
        longest = pc.max(lengths).as_py() or 0
        if longest > self.longest:
            self.longest, self.longest_row = longest, start + pc.index(lengths, longest).as_py()
        if self._limit is not None and longest >= self._limit:
            self.cut += pc.sum(pc.greater_equal(pc.count_substring_regex(values, _WORD), self._limit)).as_py() or 0

    def _find(self, wrong: Any, values: Any, start: int) -> None:  # noqa: ANN401
        self.number += len(wrong)
        if len(wrong) == 0 or self.fault is not None:
            return
        value = values[wrong[0]]
        held = value.as_py() if hasattr(value, "as_py") else value
        what = "is null" if held is None else f"holds {str(held)[:40]!r} ({type(held).__name__}), which is no text"
        remedy = "Leave such rows out, or write a text into them"
        if held is None and self._is_csv:
            remedy += "; dataset.keep_default_na=False reads empty cells as empty texts"
        self.fault = Fault(start + wrong[0], f"its column {self._column} {what}", f"{remedy}.")
