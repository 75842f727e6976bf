from datetime import date

import pytest

from trainjob_operator.generate.changelog import begin_section, section_of

TODAY = date(2030, 1, 2)
TEXT = """\
# Changelog

## [Unreleased]

### For users

- A thing.

## [0.1.0] - 2029-12-31

- The first.
"""


def test_what_is_not_released_becomes_a_version() -> None:
    begun = begin_section(TEXT, "0.2.0", TODAY)

    assert "## [Unreleased]\n\n## [0.2.0] - 2030-01-02\n\n### For users\n" in begun
    assert section_of(begun, "0.2.0") == "### For users\n\n- A thing.\n"
    assert begin_section(begun, "0.2.0", TODAY) == begun


def test_the_last_section() -> None:
    assert section_of(TEXT, "0.1.0") == "- The first.\n"


@pytest.mark.parametrize("version", ["0.3.0", "0.1", "Unreleased "])
def test_a_version_without_a_section(version: str) -> None:
    with pytest.raises(ValueError, match="the changelog says nothing of"):
        section_of(TEXT, version)


def test_a_section_without_a_word() -> None:
    with pytest.raises(ValueError, match=r"says nothing of 0\.2\.0"):
        section_of("## [0.2.0] - 2030-01-02\n\n## [0.1.0]\n\n- The first.\n", "0.2.0")


def test_a_changelog_of_another_form() -> None:
    with pytest.raises(ValueError, match="has no line ## \\[Unreleased\\]"):
        begin_section("# Changelog\n", "0.2.0", TODAY)
