"""Every record that git keeps is found: branches, tags, stashes, the index, other work trees; and any doubt is said."""

import subprocess
from pathlib import Path

import pytest

from pivot.branches import git_records
from pivot.errors import StorageError

IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


class Repository:
    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "-q", "-b", "main", *options)

    def git(self, *words: str) -> str:
        environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(self.root.parent), **IDENTITY}
        ended = subprocess.run(["git", *words], cwd=self.root, env=environment, capture_output=True, check=True)
        return ended.stdout.decode().strip()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def commit(self, **files: str) -> None:
        for name, text in files.items():
            self.write(f".pivot/stages/{name}.lock", text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")

    def records(self) -> list[str]:
        return sorted(data.decode() for data in git_records(self.root))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project")


def test_no_repository_has_no_records(tmp_path: Path) -> None:
    assert list(git_records(tmp_path)) == []


def test_a_repository_without_commits(repository: Repository) -> None:
    assert repository.records() == []


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_branches_tags_and_what_is_no_record(tmp_path: Path, options: tuple[str, ...]) -> None:
    repository = Repository(tmp_path / "project", *options)
    for name in ("poetry.lock", ".pivot/config.toml", "a.csv"):
        repository.write(name, name)
    repository.write("data/a.csv.pvt", "tracked")
    repository.commit(train="1")
    repository.git("tag", "light")
    repository.git("checkout", "-q", "-b", "other")
    repository.commit(train="2", **{"sub/train": "3"})
    repository.git("tag", "-a", "-m", "x", "heavy")
    repository.git("tag", "blob", repository.git("rev-parse", "HEAD:a.csv"))
    repository.git("tag", "tree", repository.git("rev-parse", "HEAD^{tree}"))
    repository.git("checkout", "-q", "main")
    repository.git("branch", "-q", "-D", "other")
    repository.commit(train="4")
    assert repository.records() == ["1", "2", "3", "4", "tracked"]


def test_stashes_and_the_index_and_untracked_files_of_a_stash(repository: Repository) -> None:
    repository.commit(train="1")
    for text in ("2", "3"):
        repository.write(".pivot/stages/train.lock", text)
        repository.write(f"new{text}.pvt", f"new {text}")
        repository.git("stash", "-q", "--include-untracked")
    repository.write(".pivot/stages/train.lock", "4")
    repository.git("add", "-A")
    repository.write(".pivot/stages/train.lock", "5")
    assert repository.records() == ["1", "2", "3", "4", "new 2", "new 3"]


def test_both_sides_of_a_conflict(repository: Repository) -> None:
    repository.commit(train="1")
    repository.git("checkout", "-q", "--detach")
    repository.commit(train="2")
    theirs = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "-q", "main")
    repository.commit(train="3")
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "-q", theirs)
    assert repository.records() == ["1", "2", "3"]


def test_a_detached_head_and_another_work_tree(repository: Repository) -> None:
    repository.commit(train="1")
    repository.git("worktree", "add", "-q", "--detach", "../elsewhere")
    other = Repository.__new__(Repository)
    other.root = repository.root.parent / "elsewhere"
    other.commit(train="2")
    repository.git("checkout", "-q", "--detach")
    repository.commit(train="3")
    assert repository.records() == other.records() == ["1", "2", "3"]


def test_a_project_below_the_git_root_finds_all(repository: Repository) -> None:
    repository.write("sub/.pivot/stages/train.lock", "below")
    repository.commit(train="above")
    assert sorted(data.decode() for data in git_records(repository.root / "sub")) == ["above", "below"]


def test_variables_of_a_hook_lead_nowhere_else(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit(train="1")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    assert repository.records() == ["1"]


def test_what_is_too_large_for_a_record_is_none(repository: Repository) -> None:
    repository.commit(large="0" * (64 << 20) + "1", stage="after it")
    assert repository.records() == ["after it"]


def test_a_broken_repository_is_an_error(repository: Repository) -> None:
    repository.commit(train="1")
    blob = repository.git("rev-parse", "HEAD:.pivot/stages/train.lock")
    (repository.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(StorageError, match="git cannot read"):
        repository.records()
    (repository.root / ".git/HEAD").write_text("garbage")
    with pytest.raises(StorageError, match="git cannot read the repository"):
        repository.records()


def test_without_git_there_is_no_answer(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StorageError, match="cannot run git"):
        repository.records()
