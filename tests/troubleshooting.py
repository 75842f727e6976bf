"""The table of mistakes that users read: every row is made by a test of whoever tells it."""

import re
from dataclasses import dataclass

from tests.devcluster.cache import ROOT

_ROW = re.compile(r"^\| (?P<mistake>[^|]+) \| (?P<teller>[^|,]+), (?P<how>[^|]+) \| `(?P<says>.+?)` \| [^|]+ \|$")
_PAGE = ROOT / "manifests" / "TROUBLESHOOTING.md"


@dataclass(frozen=True, slots=True)
class Row:
    """Who tells of a mistake, how, and in which words."""

    teller: str
    how: str
    says: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What it says, with anything for each ellipsis."""
        return re.compile(".+?".join(map(re.escape, self.says.split("…"))))

    @property
    def exit_code(self) -> int:
        """The pod's."""
        return int(self.how.removeprefix("exit code "))


def read_rows(teller: str) -> dict[str, Row]:
    """Return the rows of those whom one part tells, by the mistake."""
    rows = [line for line in _PAGE.read_text().splitlines() if line.startswith("|")][2:]
    found = [_ROW.match(line) for line in rows]
    assert None not in found, [line for line, match in zip(rows, found, strict=True) if match is None]
    return {
        match["mistake"]: Row(match["teller"], match["how"], match["says"])
        for match in found
        if match is not None and match["teller"] == teller
    }
