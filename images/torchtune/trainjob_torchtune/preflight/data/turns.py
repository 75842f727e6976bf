"""A column of conversations: each of them has to be one by TorchTune's rules."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from trainjob_torchtune.preflight.data.conversation import judge, keys_of, letter_of
from trainjob_torchtune.preflight.data.fault import Fault

_WORD = r"\S+"
_REMEDY = (
    "TorchTune trains on conversations in which user and assistant take turns, the user first, each turn with a text; "
    "a system turn may come before. Mend or leave out such rows."
)


class Turns:
    """Looks at one column, batch by batch, and remembers the first fault, and what there is to warn of.

    A million conversations are of few kinds: each kind, a letter a turn, is judged once.
    """

    def __init__(
        self,
        loaded: Any,  # noqa: ANN401 - datasets ships no types here
        column: str,
        *,
        style: str,
        is_validated: bool,
        has_system: bool,
        learns_input: bool,
        limit: int | None,
    ) -> None:
        self._rows, self._column, self._style = loaded, column, style
        self._rules = {"is_validated": is_validated, "has_system": has_system}
        self._learns_input, self._limit = learns_input, limit
        self._verdicts: dict[str, str | None] = {}
        self.fault: Fault | None = None
        self.number = self.idle = self.cut = self.longest = self.longest_row = 0

    def look(self, batch: Any, start: int) -> None:  # noqa: ANN401 - a table of Arrow's
        """Look at a batch that begins at row `start`."""
        values = batch.column(self._column).combine_chunks()
        read = _read_struct(values, self._style, self._limit) or self._decode(len(values), start)
        for row, (letters, length, words) in enumerate(read):
            if letters not in self._verdicts:
                self._verdicts[letters] = judge(letters, **self._rules)
            wrong = self._verdicts[letters]
            if wrong is not None:
                self.number += 1
                self.fault = self.fault or Fault(start + row, wrong, _REMEDY)
            elif not self._learns_input and "a" not in letters:
                self.idle += 1
            elif self._limit is not None and words >= self._limit:
                self.cut += 1
            if length > self.longest:
                self.longest, self.longest_row = length, start + row

    def _decode(self, size: int, start: int) -> Iterator[tuple[str, int, int]]:
        """Read conversations of mixed contents, which `datasets` keeps as JSON."""
        role, content = keys_of(self._style)
        for turns in self._rows[start : start + size][self._column]:
            letters, length, words = [], 0, 0
            for turn in turns if isinstance(turns, list) else ():
                said = turn.get(content) if isinstance(turn, dict) else None
                broken = "n" if said is None else "t" if not isinstance(said, str | list) else ""
                letters.append(broken or letter_of(turn.get(role), self._style))
                words += len(said.split()) if isinstance(said, str) and "a" not in letters else 0
                length += len(said) if isinstance(said, str) else 0
            yield "".join(letters), length, words


def _read_struct(values: Any, style: str, limit: int | None) -> list[tuple[str, int, int]] | None:  # noqa: ANN401
    """Read conversations whose turns all have the same keys, with texts in them; None if they are of another kind.

    Returns: of each its letters, its characters and, if there is a limit, its words before the assistant's first turn.
    """
    import pyarrow as pa  # noqa: PLC0415 - only where rows are looked at
    import pyarrow.compute as pc  # noqa: PLC0415

    role_key, content_key = keys_of(style)
    kind = values.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(kind.value_type):
        return None
    fields = {field.name: field.type for field in kind.value_type}
    if not all(_is_text(fields.get(key)) for key in (role_key, content_key)):
        return None
    turns = values.flatten()
    roles = pc.struct_field(turns, role_key).dictionary_encode()
    content = pc.struct_field(turns, content_key)
    letters = pa.array([letter_of(name, style) for name in roles.dictionary.to_pylist()] or ["r"])
    of_turns = pc.fill_null(pc.take(letters, roles.indices), "r")
    text = "".join(pc.if_else(pc.is_null(content), "n", of_turns).to_pylist())
    ends = [0, *pc.cumulative_sum(pc.fill_null(pc.list_value_length(values), 0)).to_pylist()]
    sizes = _add_up(pc.utf8_length(content))
    # As many words have at least as many characters, which are counted faster.
    if limit is None or all(sizes[end] - sizes[one] < limit for one, end in pairwise(ends)):
        return [(text[one:end], sizes[end] - sizes[one], 0) for one, end in pairwise(ends)]
    words = _add_up(pc.count_substring_regex(content, _WORD))
    answers = ((one, end, text.find("a", one, end)) for one, end in pairwise(ends))
    return [
        (text[one:end], sizes[end] - sizes[one], words[answer if answer >= 0 else end] - words[one])
        for one, end, answer in answers
    ]


def _add_up(counts: Any) -> list[int]:  # noqa: ANN401 - an array of Arrow's
    """Return the sums before each position, and of all."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return [0, *pc.cumulative_sum(pc.cast(pc.fill_null(counts, 0), pa.int64())).to_pylist()]


def _is_text(kind: Any) -> bool:  # noqa: ANN401 - a type of Arrow's
    import pyarrow as pa  # noqa: PLC0415

    return kind is not None and (pa.types.is_string(kind) or pa.types.is_large_string(kind))
