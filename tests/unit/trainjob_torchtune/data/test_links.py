from pathlib import Path

import pytest

from trainjob_torchtune.data.links import find_linked, find_links, is_speakable, link_files


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/d/lang=de/a.json", False),
        ("/d/a[1].json", False),
        ("/d/a*.json", False),
        ("/d/${a}.json", False),
        ("/d/a::b.json", False),
        ("/d/a\nb.json", False),
        ("/d/a\udce4.json", False),
        ("/d/a b, 'c\".json", True),
        ("/d/für-größere#1~2%20(3):4.json", True),
        ("/d/データ.json", True),
    ],
)
def test_what_an_override_can_say(path: str, *, expected: bool) -> None:
    assert is_speakable(path) is expected


def test_links_are_made_once_and_in_order(tmp_path: Path) -> None:
    files = [tmp_path / "d" / f"lang={language}" / f"part[{language}].json.gz" for language in ("en", "de")]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text(file.name)
    links = link_files(files, tmp_path / "links")

    assert [link.name for link in links] == ["000000-part_en_.json.gz", "000001-part_de_.json.gz"]
    assert [link.read_text() for link in links] == [file.name for file in files]
    assert link_files(files, tmp_path / "links") == links
    assert link_files(files[:1], tmp_path / "links") != links[:1]
    assert sorted(links[0].parent.iterdir()) == links


def test_a_link_that_stands_for_another_file_is_made_again(tmp_path: Path) -> None:
    (link,) = link_files([tmp_path / "a=1.json"], tmp_path / "links")
    link.unlink()
    link.symlink_to(tmp_path / "other.json")

    assert link_files([tmp_path / "a=1.json"], tmp_path / "links") == [link]
    assert link.readlink() == tmp_path / "a=1.json"


def test_messages_name_the_file_itself(tmp_path: Path) -> None:
    (link,) = link_files([tmp_path / "a=1.json"], tmp_path / find_links().name)
    (tmp_path / "theirs.json").symlink_to(tmp_path / "blob")

    assert find_linked(link) == tmp_path / "a=1.json"
    assert find_linked(tmp_path / "theirs.json") == tmp_path / "theirs.json"
    assert find_linked(tmp_path / "a=1.json") == tmp_path / "a=1.json"
