"""A row in a few words, for a message that has to stay short."""

import json

_LONGEST_VALUE = 80
_LONGEST_ROW = 400


def show(row: object) -> str:
    """Write a row as JSON, with its long texts cut."""
    text = json.dumps(_cut(row), ensure_ascii=False, default=lambda value: f"<{type(value).__name__}>")
    return text if len(text) <= _LONGEST_ROW else f"{text[:_LONGEST_ROW]} ..."


def _cut(value: object) -> object:
    match value:
        case str() if len(value) > _LONGEST_VALUE:
            return f"{value[:_LONGEST_VALUE]} ..."
        case dict():
            return {str(key): _cut(one) for key, one in value.items()}
        case list():
            return [_cut(one) for one in value]
    return value
