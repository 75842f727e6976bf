"""Other people's words within a sentence of ours: short, and with nothing in them that a terminal acts on."""

import re
from collections.abc import Iterable

_LONGEST = 120
_MOST = 8
_BETWEEN = " [...] "
# Control characters, what ends a line elsewhere, and what turns the direction of writing.
_ACTIVE = r"\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNPRINTABLE = re.compile(f"[{_ACTIVE}]")
_UNPRINTABLE_OR_NEWLINE = re.compile(f"[\n{_ACTIVE}]")


def shorten(text: object, longest: int = _LONGEST) -> str:
    """Write something on one line, within a number of characters; what is too much is cut out of its middle."""
    return _cut(escape_line(_cut(str(text), longest)), longest)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    kept = longest - len(_BETWEEN)
    return f"{text[: kept - kept // 2]}{_BETWEEN}{text[len(text) - kept // 2 :]}"


def list_few(names: Iterable[object], most: int = _MOST, between: str = ", ", longest: int = _LONGEST) -> str:
    """Write a list of names, not all of them if they are many, and each not too long."""
    all_names = tuple(names)
    few = between.join(shorten(name, longest) for name in all_names[:most])
    return few if len(all_names) <= most else f"{few} and {len(all_names) - most} more"


def escape(text: str) -> str:
    """Write out the characters that a terminal acts on instead of showing them; a newline stays."""
    return _UNPRINTABLE.sub(_write_out, text)


def escape_line(text: str) -> str:
    """Write out the characters that a terminal acts on instead of showing them, newlines as well."""
    return _UNPRINTABLE_OR_NEWLINE.sub(_write_out, text)


def _write_out(character: re.Match[str]) -> str:
    return character[0].encode("unicode_escape").decode("ascii")
