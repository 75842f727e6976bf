"""YAML that others wrote, read so that a little text stays little: whatever is YAML is read here and nowhere else.

Aliases make one text stand in many places, so that 400 characters come to gigabytes as soon as somebody writes them
out. Where nobody needs them they are refused; where people write them (files on their own machine) what they stand for
is counted each time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from trainjob_operator.errors import UnreadableTextError
from trainjob_operator.wording import shorten

LONGEST = 1024 * 1024
"""Characters: as much as a ConfigMap holds."""
_DEEPEST = 100
_MOST = 100_000
_CHARACTERS_A_NODE = 64
_LONGEST_NUMBER = 400
_TAG = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"[-+]?(0[xX][0-9a-fA-F_]+|[0-9_.:]+)")
_NUMBERS = frozenset({f"{_TAG}int", f"{_TAG}float"})
Loader = type[yaml.SafeLoader] | type[yaml.CSafeLoader]


def load(text: str | bytes, *, longest: int = LONGEST, with_references: bool = False) -> Any:  # noqa: ANN401 - any YAML
    """Read one document.

    Raises:
        UnreadableTextError: it is no YAML, or too much.
    """
    documents = list(load_all(text, longest=longest, with_references=with_references))
    if len(documents) > 1:
        raise UnreadableTextError("has more than one document")
    return documents[0] if documents else None


def load_all(
    text: str | bytes,
    *,
    loader: Loader = yaml.CSafeLoader,
    longest: int = LONGEST,
    most: int = _MOST,
    with_references: bool = False,
) -> Iterator[Any]:
    """Read documents.

    Args:
        text: what to read.
        loader: how to understand scalars.
        longest: characters that the text may have.
        most: values that it may come to, what aliases stand for included.
        with_references: anchors and aliases are allowed.

    Raises:
        UnreadableTextError: it is no YAML, or too much.
    """
    try:
        _check(text, loader, longest, most, with_references=with_references)
        yield from yaml.load_all(text, Loader=loader)
    except (yaml.YAMLError, LookupError, AttributeError, TypeError, ValueError) as error:
        raise UnreadableTextError(_explain(error), is_broken=True) from error


def kind_of(text: str | bytes, *, longest: int = LONGEST) -> str:
    """Tell what a text is to YAML: ``map``, ``seq``, or a scalar's kind, such as ``str``, ``int``, ``bool``, ``null``.

    Raises:
        UnreadableTextError: it is no YAML, or too much.
    """
    try:
        _check(text, yaml.CSafeLoader, longest, _MOST, with_references=False)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableTextError(_explain(error), is_broken=True) from error
    return str(node.tag).removeprefix(_TAG) if node is not None else "null"


def _check(text: str | bytes, loader: Loader, longest: int, most: int, *, with_references: bool) -> None:
    """Refuse what would become much more than it is, before anything is made of it."""
    if len(text) > longest:
        raise UnreadableTextError(f"has {len(text)} characters, and {longest} are read at most")
    size = _Size(with_references=with_references)
    for event in yaml.parse(text, Loader=loader):
        size.add(event)
        if len(size.begun) > _DEEPEST:
            raise UnreadableTextError("is nested too deeply")
        if size.values > most:
            raise UnreadableTextError("comes to more than is read")


@dataclass(slots=True)
class _Size:
    """Counts the values of a text as it is read; an alias counts for all that it stands for.

    Attributes:
        anchored: how many values have a name that an alias may use.
        begun: the lists and mappings that have not ended: the name of each, and the count before it.
    """

    with_references: bool
    values: int = 0
    anchored: dict[str, int] = field(default_factory=dict)
    begun: list[tuple[str | None, int]] = field(default_factory=list)

    def add(self, event: Any) -> None:  # noqa: ANN401 - yaml has no types
        name = getattr(event, "anchor", None)
        if name is not None and not self.with_references:
            raise UnreadableTextError("has anchors (&) or aliases (*): write out what they stand for")
        match event:
            case yaml.AliasEvent():
                if name not in self.anchored:
                    raise UnreadableTextError(f"has an alias *{shorten(name)} that refers to nothing, or to itself")
                self.values += self.anchored[name]
            case yaml.ScalarEvent():
                _check_number(event)
                self._end(name, self.values, 1 + len(event.value) // _CHARACTERS_A_NODE)
            case yaml.CollectionStartEvent():
                self.begun.append((name, self.values))
                self.anchored.pop(name or "", None)
            case yaml.CollectionEndEvent():
                self._end(*self.begun.pop(), 1)

    def _end(self, name: str | None, before: int, more: int) -> None:
        self.values += more
        if name is not None:
            self.anchored[name] = self.values - before


def _check_number(event: Any) -> None:  # noqa: ANN401 - yaml has no types
    """Numbers of thousands of digits are nobody's, and Python does not even print them."""
    is_plain = event.implicit[0] or event.tag in _NUMBERS
    if is_plain and len(event.value) > _LONGEST_NUMBER and _NUMBER.fullmatch(event.value):
        raise UnreadableTextError("has a number of too many digits")


def _explain(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        return f"{where}this is no YAML: {shorten(error.problem or error.context)}"
    if isinstance(error, yaml.YAMLError):
        return f"this is no YAML: {shorten(str(error).partition(chr(10))[0])}"
    return f"this is no YAML: a value is not what it claims to be ({type(error).__name__})"
