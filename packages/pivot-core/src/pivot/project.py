"""Where the project is: its root, and the pipeline.py that a command works on.

Finds directories and makes ``.pivot/``; what is inside is the business of ``workspace`` and ``config``.
"""

import os
from pathlib import Path

from pivot.bounded import Unreadable, read_bounded
from pivot.errors import NoPipeline, ProjectError, StorageError
from pivot_cache import DiskError, make_directories, write_atomic
from pivot_fingerprint.named import NamedTuple

FORMAT = "1"
PIPELINE = "pipeline.py"
IGNORED = """\
# Made by Pivot: what can be computed again, and what is yours alone.
cache/
state.db*
logs/
locks/
pending/
config.local.toml
"""


class Project(NamedTuple):
    """A project: ``root`` is the directory of ``.pivot``, ``pipeline`` the pipeline.py at hand; both absolute."""

    root: Path
    pipeline: Path

    @property
    def home(self) -> Path:
        """The directory of Pivot's own files."""
        return self.root / ".pivot"

    def relative(self, path: str | Path) -> str:
        """Return an absolute path as the project writes it: relative to the root and POSIX, or as it is if outside."""
        try:
            return Path(path).relative_to(self.root).as_posix()
        except ValueError:
            return str(path)


def discover(start: Path) -> Project:
    """Return the project around ``start``: the nearest pipeline.py there or above, inside the nearest root.

    The root is the nearest directory at or above the pipeline.py that holds ``.pivot``, else the git root, else the
    directory of pipeline.py itself. Nothing is written.

    Raises NoPipeline, and ProjectError for a path that is not UTF-8.
    """
    start = Path(os.path.realpath(start))
    for directory in (start, *start.parents):
        if (directory / PIPELINE).is_file():
            return _checked(Project(_root(directory), directory / PIPELINE))
        if (directory / ".pivot" / "format").is_file() or (directory / ".git").exists():
            break
    raise NoPipeline(
        f"no {PIPELINE} in {start} or above",
        hint="go to the directory of your pipeline, name it with -C DIR, or make an example with: pivot init --example",
    )


def locate(start: Path) -> Project:
    """Return the project around ``start`` for a command that needs no pipeline: ``.pivot/`` is enough.

    Raises NoPipeline.
    """
    try:
        return discover(start)
    except NoPipeline:
        start = Path(os.path.realpath(start))
        root = find_root(start)
        if root is None:
            raise
        return _checked(Project(root, root / PIPELINE))


def find_root(start: Path) -> Path | None:
    """Return the nearest directory at or above ``start`` that holds ``.pivot/``, None if there is none."""
    return next((one for one in (start, *start.parents) if (one / ".pivot" / "format").is_file()), None)


def _checked(project: Project) -> Project:
    """Return the project. Raises ProjectError for a place that no record and no module's path can name."""
    place = str(project.pipeline)
    try:
        place.encode()
    except UnicodeEncodeError:
        raise ProjectError(f"the path of the project is not UTF-8: {place!a}", hint="rename its directories") from None
    return project


def _root(directory: Path) -> Path:
    candidates = (directory, *directory.parents)
    for mark in (".pivot/format", ".git"):
        for candidate in candidates:
            if (candidate / mark).exists():
                return candidate
    return directory


def import_roots(project: Project) -> list[str]:
    """Return the directories that come first on the import path of a pipeline: its own, then the project's."""
    return list(dict.fromkeys((str(project.pipeline.parent), str(project.root))))


def create(project: Project) -> bool:
    """Make ``.pivot/`` if it is not there; True if it was made. An existing one of a newer format is refused.

    Raises StorageError.
    """
    if is_made(project):
        return False
    try:
        make_directories(project.home)
        write_atomic(project.home / ".gitignore", IGNORED.encode())
        write_atomic(project.home / "format", f"{FORMAT}\n".encode())
    except DiskError as error:
        raise StorageError(
            f"cannot make {project.home}: {os.strerror(error.errno).lower()}",
            hint="Pivot keeps its records there; make the directory writable",
        ) from error
    return True


def is_made(project: Project) -> bool:
    """Return whether ``.pivot/`` is there. Raises StorageError if it cannot be read, or is of a newer format."""
    mark = project.home / "format"
    try:
        found = read_bounded(mark, 1024)
    except Unreadable as error:
        raise StorageError(f"cannot read the project: {error}", hint="restore the file from git") from None
    if found is None:
        return False
    check_format(found.decode("ascii", "backslashreplace").strip(), mark)
    return True


def check_format(found: str, path: Path) -> None:
    """Raise StorageError unless this version of Pivot understands the format ``found`` in ``path``."""
    if found == FORMAT:
        return
    newer = found.isdigit() and int(found) > int(FORMAT)
    raise StorageError(
        f"{path} says format {found!r}, this Pivot knows {FORMAT}",
        hint="a newer Pivot made it: upgrade with pip install --upgrade pivot-cli"
        if newer
        else "restore the file from git",
    )
