"""What a contributor relies on: links that lead somewhere, hooks that hold what CONTRIBUTING says."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.devcluster.cache import ROOT

_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    argv = ["git", "ls-files", "-co", "--exclude-standard", "*.md"]
    listed = subprocess.run(argv, cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().splitlines() if (ROOT / name).exists()]


def anchors(page: Path) -> set[str]:
    headings = _HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.finditer(_CODE.sub("", page.read_text())):
        to = (page.parent / link["path"]).resolve() if link["path"] else page
        assert to.exists(), link[0]
        if link["anchor"] and to.suffix == ".md":
            assert link["anchor"] in anchors(to), link[0]


def test_owned_paths_are_there() -> None:
    lines = (ROOT / ".github" / "CODEOWNERS").read_text().splitlines()
    paths = [line.split()[0] for line in lines if line.startswith("/")]

    assert [path for path in paths if not (ROOT / path.lstrip("/")).exists()] == []


def hooks() -> dict[str, dict[str, Any]]:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    return {hook["id"]: hook for repository in config["repos"] for hook in repository["hooks"]}


def test_the_hook_runs_what_make_lint_runs() -> None:
    assert hooks()["lint"]["entry"] == "make lint"


@pytest.mark.parametrize(
    ("subject", "is_taken"),
    [
        ("reconciler: refuse two trainers", True),
        ("images/torchtune: say which file is missing", True),
        ("api, cli: one walk over the schema", True),
        ('Revert "reconciler: refuse two trainers"', True),
        ("Refuse two trainers", False),
        ("reconciler:", False),
        ("reconciler: " + "a" * 60, True),
        ("reconciler: " + "a" * 61, False),
    ],
)
def test_subjects(tmp_path: Path, subject: str, is_taken: bool) -> None:
    message = tmp_path / "COMMIT_EDITMSG"
    message.write_text(f"{subject}\n\nWhy: {'b' * 100}\n")
    entry = hooks()["subject"]["entry"]

    done = subprocess.run(["bash", "-c", f"{entry} {message}"], check=False)

    assert (done.returncode == 0) is is_taken
