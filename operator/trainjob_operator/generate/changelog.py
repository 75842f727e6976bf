"""The changelog's sections: one a version, what is not released yet at the top."""

import re
from datetime import date

_UNRELEASED = "## [Unreleased]\n"
_NEXT = re.compile(r"^## \[", re.MULTILINE)


def begin_section(text: str, version: str, today: date) -> str:
    """Give the changelog with what is not released yet under a version; as it is if that has a section.

    Raises:
        ValueError: there is no part for what is not released yet.
    """
    if _heading(version).search(text):
        return text
    if _UNRELEASED not in text:
        raise ValueError(f"the changelog has no line {_UNRELEASED.strip()}")
    return text.replace(_UNRELEASED, f"{_UNRELEASED}\n## [{version}] - {today.isoformat()}\n", 1)


def section_of(text: str, version: str) -> str:
    """Give what a version's section says, without its heading.

    Raises:
        ValueError: it has none, or an empty one.
    """
    heading = _heading(version).search(text)
    section = _NEXT.split(text[heading.end() :], maxsplit=1)[0].strip() if heading is not None else ""
    if not section:
        raise ValueError(f"the changelog says nothing of {version}: run `make version VERSION={version}`")
    return section + "\n"


def _heading(version: str) -> re.Pattern[str]:
    return re.compile(rf"^## \[{re.escape(version)}\].*\n", re.MULTILINE)
