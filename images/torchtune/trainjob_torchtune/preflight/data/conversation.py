"""TorchTune's rules for a conversation (torchtune/data/_messages.py), on what it comes to: a letter for each turn.

`s`, `u`, `a` are the roles of system, user and assistant, `o` any other, `x` one that the style does not know,
`r` none; `n` is a turn whose content is null, `t` one whose content is neither text nor a list of parts.
"""

_ROLES = {
    "openai": {"system": "s", "user": "u", "assistant": "a"},
    "sharegpt": {"system": "s", "human": "u", "gpt": "a"},
}
_KEYS = {"openai": ("role", "content"), "sharegpt": ("from", "value")}
_BROKEN = {
    "n": "has no content (null)",
    "t": "has a content that is no text",
    "r": "has no role (null)",
    "x": "is from somebody whom TorchTune does not know: it knows human, gpt and system",
}


def keys_of(style: str) -> tuple[str, str]:
    """Return the keys of a turn: of the role, and of the content."""
    return _KEYS[style]


def letter_of(role: object, style: str) -> str:
    """Return the letter of a role."""
    if role is None:
        return "r"
    return _ROLES[style].get(str(role), "o" if style == "openai" else "x")


def judge(letters: str, *, is_validated: bool, has_system: bool) -> str | None:
    """Say what is wrong with a conversation, or None.

    Args:
        letters: of its turns.
        is_validated: the order of the turns counts, too.
        has_system: a system prompt of the configuration takes the place of those in the conversation.
    """
    for position, letter in enumerate(letters):
        if letter in _BROKEN:
            return f"turn {position + 1} of its conversation {_BROKEN[letter]}"
    if not is_validated:
        return None
    turns = "s" + letters.replace("s", "") if has_system else letters
    if len(turns) <= 1:
        return f"its conversation has {len(letters)} turn(s), and has to have two at least"
    faults = (
        _find_fault(last, letter, number) for number, (last, letter) in enumerate(zip("a" + turns, turns, strict=False))
    )
    return next((fault for fault in faults if fault is not None), None)


def _find_fault(last: str, letter: str, before: int) -> str | None:
    """Say what is wrong with a turn after another, with so many turns before it."""
    if letter == "a" and last != "u":
        return f"turn {before + 1} of its conversation is the assistant's, but does not follow one of the user"
    if letter == "u" and last == "u":
        return f"turns {before} and {before + 1} of its conversation are both the user's"
    if letter == "s" and before > 0:
        return f"turn {before + 1} of its conversation is the system's, which may only be the first"
    return None
