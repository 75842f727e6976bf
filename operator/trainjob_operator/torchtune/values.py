"""How TorchTune reads the value of an override: as YAML, after cutting the argument at every ``=``.

(torchtune/config/_utils.py and omegaconf's from_dotlist.) What a person wrote as text may come out as something else.
"""

import re

from trainjob_operator.errors import UnreadableTextError
from trainjob_operator.plain_yaml import kind_of
from trainjob_operator.wording import shorten

_LONGEST = 16384
"""Characters; admission has no time for more."""
_COLLECTIONS = {"map": 'a mapping, for its ": "', "seq": 'a list, for its "- "'}
_MEANT_AS_BOOL = {"true", "false"}
_PLAIN = re.compile(r"[A-Za-z0-9/][\w./-]*", re.ASCII)
"""Most values, and of these only YAML 1.1's other words for true and false come out as something else."""
_OTHER_WORDS = {"yes", "no", "on", "off"}
_QUOTE_IT = "write quotes around the value"


def find_misreading(argument: str) -> str | None:
    """Tell what TorchTune makes of an override, with a remedy, if that is hardly what was meant; else None."""
    key, equals, value = argument.partition("=")
    key = shorten(key)
    if argument.startswith(("~", "--")):
        return None
    if not equals:
        return "is not of the form key=value: TorchTune refuses it"
    if "=" in value:
        return f'has a "=" in the value of {key}: TorchTune refuses such arguments, and there is no way to escape it'
    if len(value) > _LONGEST or "max_filename" in key:
        return None
    value = value.strip()
    if _PLAIN.fullmatch(value) and value.lower() not in _OTHER_WORDS:
        return None
    return _read(key, value)


def _read(key: str, value: str) -> str | None:
    try:
        kind = kind_of(value, longest=_LONGEST)
    except UnreadableTextError as error:
        broken = f"has a value of {key} that is no valid YAML, as which TorchTune reads it: {_QUOTE_IT}"
        return broken if error.is_broken else None
    has_own_marks = value.startswith(("{", "[", "'", '"', "!", "&"))
    readings = (
        (
            kind == "null" and value.startswith("#"),
            f'has a value of {key} that starts with "#", a comment in YAML, so that nothing is left: {_QUOTE_IT}',
        ),
        (
            kind == "bool" and value.lower() not in _MEANT_AS_BOOL,
            f"has the value {shorten(value)} of {key}, which YAML reads as true or false: {_QUOTE_IT} if it is a word",
        ),
        (
            kind in _COLLECTIONS and not has_own_marks,
            f"has a value of {key} that YAML reads as {_COLLECTIONS.get(kind)}: {_QUOTE_IT}",
        ),
        (
            kind in {"int", "float"} and ":" in value,
            f"has the value {shorten(value)} of {key}, which YAML reads as a number to the base of 60: {_QUOTE_IT}",
        ),
        (
            kind == "str" and " #" in value and not has_own_marks,
            f'has a value of {key} that YAML cuts at " #", where a comment begins: {_QUOTE_IT}',
        ),
    )
    return next((text for is_so, text in readings if is_so), None)
