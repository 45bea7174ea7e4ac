"""Which project files and directories the process reads, by an audit hook.

An audit hook cannot be removed: there is one in a process, and it does nothing while no observation is active. Seen is
what goes through ``open``, ``os.open``, ``sqlite3.connect``, ``os.listdir`` and ``os.scandir``, which includes pathlib,
glob, zipfile, pandas' and numpy's own readers. Not seen: libraries that open files in C, C++ or Rust themselves
(pyarrow, h5py, polars, duckdb), subprocesses, and questions about a file that do not open it (``os.path.exists``).
"""

import os
import stat
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, Literal

import blake3

type Kind = Literal["file", "listing"]
type Note = Callable[[Kind, str, FrameType], None]

_UNLISTED = frozenset({".git", ".pivot", "__pycache__"})
_UNREAD = frozenset({".git", ".pivot", "__pycache__", "site-packages", "dist-packages", "__pypackages__"})
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
# Where sources are read to import, compile or show them rather than as data.
_SOURCE_READERS = (
    "<frozen importlib",
    "<frozen runpy",
    "<frozen zipimport",
    *(f"{_STANDARD_LIBRARY}{name}" for name in ("importlib", "inspect.py", "linecache.py", "pkgutil.py")),
    *(f"{_STANDARD_LIBRARY}{name}" for name in ("py_compile.py", "runpy.py", "tokenize.py", "zipimport.py")),
)
_OWN = os.path.dirname(__file__) + os.sep


def file_digest(path: str) -> str | None:
    """BLAKE3 hex of a regular file, None for anything else."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        return blake3.blake3().update_mmap(path).hexdigest()
    except OSError:
        return None


def listing_digest(path: str) -> str | None:
    """BLAKE3 hex of the names in a directory, None if there is none.

    ``.git``, ``.pivot`` and ``__pycache__`` do not count.
    """
    try:
        names = sorted(os.fsencode(name) for name in os.listdir(path) if name not in _UNLISTED)
    except OSError:
        return None
    return blake3.blake3(b"pivot listing\0" + b"".join(name + b"\0" for name in names)).hexdigest()


class Access:
    """What the process opens and lists below the roots between ``start`` and ``stop``.

    What it wrote itself before is no input: a file opened for writing or renamed to, everything in a directory that it
    made. ``note`` is called at each read with the frame that asked, before the file is opened.
    """

    def __init__(self, roots: tuple[str, ...], is_project: Callable[[str], bool], note: Note) -> None:
        self.reads: dict[str, None] = {}
        self.listings: dict[str, None] = {}
        self.missing: str | None = None
        self._is_project = is_project
        self._note = note
        self._written: set[str] = set()
        self._made: tuple[str, ...] = ()
        places = {(place.rstrip(os.sep) + os.sep, root) for root in roots for place in (root, os.path.realpath(root))}
        self._places = sorted(places, key=lambda place: len(place[0]))
        self._environment = sys.prefix + os.sep

    def start(self) -> None:
        global _active, _hooked
        _active = (*_active, self)
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked = True

    def stop(self) -> None:
        global _active
        _active = tuple(other for other in _active if other is not self)

    def handle(self, event: str, args: Sequence[Any], frame: FrameType) -> None:
        """Take in one audit event; the shapes of ``args`` are those of CPython's table of audit events."""
        match event:
            case "open":
                self._opened(args[0], args[1], args[2], frame)
            case "os.listdir" | "os.scandir":
                self._listed(args[0], frame)
            case "os.mkdir":
                place = self._place(args[0])
                if place is not None and not os.path.isdir(place):  # makedirs(exist_ok=True) asks for every level
                    self._made = (*self._made, place + os.sep)
            case "os.rename":
                self._renamed(args[0], args[1])
            case "os.link":
                self._read(args[0], frame)
                self._write(args[1])
            case "sqlite3.connect":
                self._connected(args[0], frame)

    def _place(self, path: object) -> str | None:
        """The absolute path below a root in the root's own spelling; None if it is elsewhere or not a name."""
        if path is None:
            path = "."
        if isinstance(path, int):  # a directory that was opened before
            path = _of_descriptor(path)
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        place = os.path.abspath(os.fsdecode(path))
        for prefix, root in self._places:
            if place.startswith(prefix):
                rest = place[len(prefix) :]
                if not _UNREAD.isdisjoint(rest.split(os.sep)) or self._is_installed(place, prefix):
                    return None
                return os.path.join(root, rest)
            if place + os.sep == prefix:
                return root
        return None

    def _is_installed(self, place: str, prefix: str) -> bool:
        """Whether the place belongs to a Python environment that lies below the root."""
        environment = self._environment
        return len(environment) > len(prefix) and environment.startswith(prefix) and place.startswith(environment)

    def _opened(self, path: object, mode: str | None, flags: int, frame: FrameType) -> None:
        if isinstance(path, int) or (mode is None and os.path.isdir(self._place(path) or "")):  # os.open of a directory
            return
        access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
        keeps_content = access == os.O_RDWR and not flags & os.O_TRUNC
        if access == os.O_RDONLY or (keeps_content and os.path.exists(self._place(path) or "")):
            self._read(path, frame)
        if access != os.O_RDONLY:
            self._write(path)

    def _read(self, path: object, frame: FrameType) -> None:
        place = self._place(path)
        if place is None or place in self._written or place.startswith(self._made):
            return
        if place.endswith(".pyc") or (place.endswith(".py") and _reads_sources(frame)):
            return
        self.reads[place] = None
        self._note("file", place, frame)

    def _write(self, path: object) -> None:
        place = self._place(path)
        if place is not None:
            self._written.add(place)

    def _renamed(self, source: object, target: object) -> None:
        old, new = self._place(source), self._place(target)
        if new is not None:
            if old is not None and os.path.isdir(old):
                self._made = (*self._made, new + os.sep)
            else:
                self._written.add(new)

    def _listed(self, path: object, frame: FrameType) -> None:
        place = self._place(path)
        if place is None or (place + os.sep).startswith(self._made):
            return
        removes = frame.f_code.co_name.startswith("_rmtree")
        if removes or (_reads_sources(frame) and not self._looks_for_plugins(frame)):
            return
        self.listings[place] = None
        self._note("listing", place, frame)

    def _looks_for_plugins(self, frame: FrameType) -> bool:
        """Whether project code asks ``pkgutil`` which modules there are; other listings are the import system's own."""
        asker: FrameType | None = frame
        while asker is not None and asker.f_code.co_filename == _STANDARD_LIBRARY + "pkgutil.py":
            asker = asker.f_back
        return asker is not None and asker is not frame and self._is_project(asker.f_code.co_filename)

    def _connected(self, path: object, frame: FrameType) -> None:
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        if name.startswith("file:"):
            name = name[5:].partition("?")[0]
        if name in ("", ":memory:"):
            return
        if os.path.exists(name):
            self._read(name, frame)
        else:
            self._write(name)


def _reads_sources(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_SOURCE_READERS)


def _of_descriptor(descriptor: int) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return None


_EVENTS = frozenset({"os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.link", "sqlite3.connect"})
_active: tuple[Access, ...] = ()
_hooked = False


def _hook(event: str, args: tuple[object, ...]) -> None:
    if not _active or (event != "open" and event not in _EVENTS):
        return
    frame = sys._getframe(1)
    if frame.f_code.co_filename.startswith(_OWN):
        return
    for access in _active:
        try:
            access.handle(event, args, frame)
        except Exception as error:  # an exception here would make the user's own open() fail
            access.missing = f"{event}: {error!r}"
