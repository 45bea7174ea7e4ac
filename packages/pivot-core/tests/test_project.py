"""Where the project is."""

from pathlib import Path

import pytest

from pivot.errors import NoPipeline, ProjectError, StorageError
from pivot.project import create, discover


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_nearest_pipeline_and_its_directory_without_git(tmp_path: Path) -> None:
    touch(tmp_path / "p/pipeline.py")
    (tmp_path / "p/deep/er").mkdir(parents=True)
    project = discover(tmp_path / "p/deep/er")
    assert project == (tmp_path / "p", tmp_path / "p/pipeline.py")


def test_the_git_root_above_the_pipeline(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    touch(tmp_path / "sub/pipeline.py")
    assert discover(tmp_path / "sub").root == tmp_path


def test_a_place_that_no_record_can_name(tmp_path: Path) -> None:
    touch(tmp_path / "\udcff" / "pipeline.py")
    with pytest.raises(ProjectError, match="is not UTF-8") as caught:
        discover(tmp_path / "\udcff")
    assert caught.value.problem.isprintable()


def test_an_existing_home_wins_over_git(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    touch(tmp_path / "a/.pivot/format")
    touch(tmp_path / "a/b/pipeline.py")
    assert discover(tmp_path / "a/b").root == tmp_path / "a"


def test_a_pipeline_above_the_repository_is_not_ours(tmp_path: Path) -> None:
    touch(tmp_path / "pipeline.py")
    (tmp_path / "repo/.git").mkdir(parents=True)
    with pytest.raises(NoPipeline):
        discover(tmp_path / "repo")


def test_create_makes_the_home_once(tmp_path: Path) -> None:
    touch(tmp_path / "pipeline.py")
    project = discover(tmp_path)
    assert create(project) is True and create(project) is False
    assert (tmp_path / ".pivot/format").read_text() == "1\n"
    assert "cache/" in (tmp_path / ".pivot/.gitignore").read_text().splitlines()


@pytest.mark.parametrize(("text", "word"), [("2\n", "upgrade"), ("x\n", "git")])
def test_another_format_stops(tmp_path: Path, text: str, word: str) -> None:
    touch(tmp_path / "pipeline.py")
    touch(tmp_path / ".pivot/format").write_text(text)
    with pytest.raises(StorageError) as caught:
        create(discover(tmp_path))
    assert word in (caught.value.hint or "")


def test_a_path_as_the_project_writes_it(tmp_path: Path) -> None:
    touch(tmp_path / "pipeline.py")
    project = discover(tmp_path)
    assert project.relative(tmp_path / "a/b.py") == "a/b.py"
    assert project.relative("/elsewhere/b.py") == "/elsewhere/b.py"
