from pathlib import Path

import pytest

from trainjob_torchtune.preflight.run.tasks import check_tasks, find_tasks
from trainjob_torchtune.run.evaluation import Evaluation


@pytest.fixture(autouse=True)
def lm_eval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of that name, with one task."""
    folder = tmp_path / "packages" / "lm_eval" / "tasks" / "group"
    folder.mkdir(parents=True)
    (folder.parent.parent / "__init__.py").touch()
    (folder / "shipped.yaml").write_text("task: shipped\n")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "quiz.yaml").write_text("task: quiz\n")
    return folder


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        pytest.param("a.yaml", "include: b\ntask: one # the first\ndataset_path: json\n", {"one"}, id="task"),
        pytest.param("a.yaml", 'task: "one"\ntag: two\n', {"one", "two"}, id="tag"),
        pytest.param("a.yaml", "tag:\n  - one\n- two\ntask: three\n", {"one", "two", "three"}, id="tags"),
        pytest.param("a.yaml", "tag: [one, 'two']\n", {"one", "two"}, id="tags in a line"),
        pytest.param("a.yaml", "group: one\ntask: [two]\n", {"one", "two"}, id="group"),
        pytest.param("a.yaml", "task: north macedonian\n", {"north macedonian"}, id="blank"),
        pytest.param("a.yaml", "doc_to_text: one\ntask_alias: two\n", set(), id="other keys"),
        pytest.param("_base", "tag: one\n", {"one"}, id="a file that others include"),
        pytest.param("a.yml", "task: one\n", set(), id="a file that lm_eval does not read"),
        pytest.param("a.yaml", "task: one\n" + "#" * (1 << 20), set(), id="a file that is no task"),
    ],
)
def test_names_in_a_file(tmp_path: Path, name: str, text: str, names: set[str]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / name).write_text(text)

    assert find_tasks([tmp_path / "deep"]) == names


def test_a_link_to_nowhere_names_nothing(own: Path) -> None:
    (own / "gone.yaml").symlink_to(own / "nowhere")

    assert find_tasks([own]) == {"quiz"}


def test_nothing_is_evaluated() -> None:
    assert check_tasks(None) is None


@pytest.mark.parametrize("tasks", [("quiz",), ("shipped",), ("shipped", "quiz")])
def test_all_there(own: Path, tasks: tuple[str, ...]) -> None:
    assert check_tasks(Evaluation(tasks, (own,))) is None


def test_a_task_that_is_not_there(own: Path) -> None:
    violation = check_tasks(Evaluation(("quiz", "shiped"), (own,)))

    assert violation is not None
    assert violation.message == (
        f"There is no task shiped, neither in lm_eval nor in {own} (include_path), whose *.yaml files have quiz; "
        "did you mean shipped?"
    )


def test_a_folder_without_tasks(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    violation = check_tasks(Evaluation(("quiz",), (tmp_path / "empty",)))

    assert violation is not None
    assert violation.message == (
        f"There is no task quiz, neither in lm_eval nor in {tmp_path}/empty (include_path), whose *.yaml files have "
        "none."
    )


def test_no_folder_is_named() -> None:
    violation = check_tasks(Evaluation(("quiz",), ()))

    assert violation is not None
    assert violation.message == (
        "There is no task quiz, neither in lm_eval nor in a folder of your own (include_path, which is not set)."
    )


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    violation = check_tasks(Evaluation(("shipped",), (tmp_path / "tasks",)))

    assert violation is not None
    assert (
        violation.message == f"There is no folder of tasks {tmp_path}/tasks (include_path); {tmp_path} holds packages/."
    )
