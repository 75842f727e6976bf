"""Numbers in variables of the environment; an empty variable counts as one that is not set, `off` as none."""

from collections.abc import Mapping

OFF = "off"
_LONGEST = 40


def read_word(environment: Mapping[str, str], name: str) -> str | None:
    """Return a variable in lower case, without white space around it; None if it is not set."""
    return environment.get(name, "").strip().lower() or None


def read_count(environment: Mapping[str, str], name: str, *, can_be_off: bool = False) -> int | None:
    """Return a whole number, 1 or more; None if it is not set, or off where it can be.

    Raises:
        ValueError: it is something else; the text names the variable, and says what it has to be.
    """
    word = read_word(environment, name)
    if word is None or (can_be_off and word == OFF):
        return None
    count = int(word) if word.isascii() and word.isdecimal() and len(word) < _LONGEST else 0
    if count < 1:
        raise unreadable(name, word, f"a whole number, 1 or more{_or_off(can_be_off)}")
    return count


def read_number(
    environment: Mapping[str, str],
    name: str,
    unit: str,
    *,
    most: float,
    can_be_off: bool = False,
    can_be_zero: bool = False,
) -> float | None:
    """Return a number of that unit; None if it is not set, or off where it can be.

    Raises:
        ValueError: it is something else; the text names the variable, and says what it has to be.
    """
    word = read_word(environment, name)
    if word is None or (can_be_off and word == OFF):
        return None
    is_number = word.isascii() and word.count(".") <= 1 and word.replace(".", "").isdecimal() and len(word) < _LONGEST
    number = float(word) if is_number else -1.0
    if number < 0 or (number == 0 and not can_be_zero):
        least = "0 or more" if can_be_zero else "more than 0"
        raise unreadable(name, word, f"a number of {unit}, {least}{_or_off(can_be_off)}")
    if number > most:
        raise unreadable(name, word, f"{most:g} at most")
    return number


def unreadable(name: str, word: str, wanted: str) -> ValueError:
    """Say what a variable is, cut, and what it has to be."""
    return ValueError(f"{name} is {word[:_LONGEST]!r}; it has to be {wanted}")


def _or_off(can_be_off: bool) -> str:  # noqa: FBT001 - the one thing it is about
    return f", or {OFF}" if can_be_off else ""
