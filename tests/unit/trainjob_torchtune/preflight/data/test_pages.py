import mmap
from pathlib import Path

from trainjob_torchtune.preflight.data.pages import drop_pages

SIZE = 8 << 20


def resident(path: Path) -> int:
    """Bytes of the mappings of a file that are in memory."""
    sizes, is_inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split()[0]:
            is_inside = line.endswith(str(path))
        elif is_inside and line.startswith("Rss:"):
            sizes += int(line.split()[1]) << 10
    return sizes


def test_pages_that_were_read_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "rows 1.arrow"
    path.write_bytes(b"a" * SIZE)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[:] == b"a" * SIZE
        before = resident(path)
        drop_pages([str(path)])
        after = resident(path)

        assert (before, after) == (SIZE, 0)
        assert mapped[:] == b"a" * SIZE


def test_what_has_been_changed_in_memory_stays(tmp_path: Path) -> None:
    path = tmp_path / "rows.arrow"
    path.write_bytes(b"a" * SIZE)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        mapped[:5] = b"other"
        drop_pages([str(path), str(tmp_path / "nowhere")])

        assert mapped[:6] == b"othera"
