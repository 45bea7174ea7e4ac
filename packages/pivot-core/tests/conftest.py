"""A project made by hand: records, traces and a cache, and no pipeline, so that nothing has to be loaded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marking import mark_processes
from pivot.lock import Lock, Output, lock_path, write_lock
from pivot.project import Project, create
from pivot.traces import keep_only
from pivot.workspace import Workspace
from pivot_cache import Content, hash_bytes


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_processes(
        items, Path(__file__).parent, ("execute", "flow", "test_load.py", "test_load_child.py", "test_renewal.py")
    )


class Kept:
    """The project; ``open`` gives its workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / ".pivot"
        self.project = Project(root, root / "pipeline.py")
        root.mkdir(parents=True)
        create(self.project)

    def open(self) -> Workspace:
        return Workspace(self.project, make=False)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def record(self, stage: str, *paths: str, pipeline: str = ".", trace: bool = True) -> Lock:
        """Keep what is at the paths as the outputs of a stage: objects, trace, lock."""
        with self.open() as workspace:
            return self.note(stage, {path: workspace.store.save(self.root / path) for path in paths}, pipeline, trace)

    def note(self, stage: str, contents: dict[str, Content], pipeline: str = ".", trace: bool = False) -> Lock:
        """Write the records of a stage whose outputs have these contents."""
        outputs = {path: Output(content, "out") for path, content in contents.items()}
        lock = Lock(stage, 1, {}, (), {}, None, {}, {}, {}, outputs)
        with self.open() as workspace:
            write_lock(lock_path(self.home, pipeline, stage), lock)
            if trace:
                keep_only(workspace.runs, hash_bytes(repr(lock).encode()), [lock])
        return lock

    def object_of(self, path: str) -> Path:
        """Return the object that has the bytes of a file."""
        with self.open() as workspace:
            return Path(workspace.store.path(hash_bytes((self.root / path).read_bytes())))


@pytest.fixture(scope="session")
def make_kept() -> type[Kept]:
    """What makes a project, for tests that need several."""
    return Kept


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A project in which nothing was recorded yet."""
    return Kept(tmp_path / "project")


@pytest.fixture
def workspace(kept: Kept) -> Iterator[Workspace]:
    """The workspace of such a project."""
    with kept.open() as workspace:
        yield workspace


@pytest.fixture
def done(kept: Kept) -> Kept:
    """A project in which ``clean`` made clean.json, and ``total`` total.json."""
    for stage in ("clean", "total"):
        kept.write(f"{stage}.json", f"made by {stage}")
        kept.record(stage, f"{stage}.json")
    return kept
