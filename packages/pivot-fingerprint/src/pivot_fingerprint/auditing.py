"""Which files and directories this process reads, by an audit hook and by ``questions``.

They are those of the project, and those around it that its code names (see ``askers.names_it``). An audit hook cannot
be removed: there is one in a process, and it does nothing while no observation is active. It sees what goes through
``open``, ``os.open``, ``sqlite3.connect``, ``os.listdir`` and ``os.scandir``, which includes pathlib, glob, zipfile and
the readers of pandas and numpy that are written in Python; shared libraries that are loaded; and files that are named
to other processes. ``questions`` adds ``os.stat`` and its like. What libraries open in C, C++ or Rust themselves
(pyarrow, h5py, polars, duckdb) is seen if project code has handed them the path, see ``handed`` and ``inotify``. Not
seen is what programs in other languages do. Processes that are forked belong to this one, see ``forks``; so do Python
programs that are started, see ``children``.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, Literal

from pivot_fingerprint import commands, questions
from pivot_fingerprint.askers import (
    OWN,
    acts_for_project,
    asks_for_library,
    asks_for_project,
    imports_by_statement,
    loads_by_path,
    looks_for_plugins,
    names_it,
    reads_sources,
    shows_lines,
)
from pivot_fingerprint.forks import Holder
from pivot_fingerprint.inotify import Openings
from pivot_fingerprint.module_files import ModuleFiles
from pivot_fingerprint.places import Places
from pivot_fingerprint.requests import Requests
from pivot_fingerprint.sightings import Sightings, status

type Kind = Literal["file", "listing"]
type Note = Callable[[Kind, str, FrameType], None]


class Access:
    """What the process opens, lists and asks about between ``start`` and ``stop``.

    What it wrote itself before is no input: a file opened for writing or renamed to, everything in a directory that it
    made. ``note`` is called at each read with the frame that asked, before the file is opened.
    """

    def __init__(
        self,
        roots: tuple[str, ...],
        is_project: Callable[[str], bool],
        note: Note,
        requests: Requests | None = None,
        variable: Callable[[str, FrameType], None] = lambda *_: None,
    ) -> None:
        self.reads: dict[str, None] = {}
        self.listings: dict[str, None] = {}
        self.directories: dict[str, None] = {}
        self.missing: str | None = None
        self.openings = Openings()
        self.sightings = Sightings(self.openings)
        self.module_files = ModuleFiles()
        self._is_project = is_project
        self._note = note
        self._requests = requests
        self._variable = variable  # is told of those that another process is given
        self._roots = roots
        self._places = Places(roots)
        self._asked: dict[str, bool] = {}  # place -> whether something was there
        self._written: dict[str, None] = {}
        self._made: dict[str, None] = {}
        self._sought: dict[str, None] = {}  # by libraries, where nothing was there
        self._handed: dict[str, tuple[int, ...]] = {}  # place -> what stat said; nothing was there if it said nothing
        self.catch_up: Callable[[], None] = lambda: None  # with what other processes made

    def shared(self) -> list[Holder]:
        """What processes of one family see and do together."""
        own = ("reads", "listings", "directories", "_asked", "_sought", "_written", "_made", "_handed")
        opened = [(self.openings, name) for name in ("directories", "files", "written", "replaced")]
        return [*((self, name) for name in own), *opened, *((self.sightings, name) for name in ("opened", "named"))]

    def start(self) -> None:
        global _active, _hooked
        _active = (*_active, self)
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked = True
        questions.listen(self)

    def stop(self) -> None:
        global _active
        questions.leave(self)
        _active = tuple(other for other in _active if other is not self)

    def handle(self, event: str, args: Sequence[Any], frame: FrameType) -> None:
        """Take in one audit event; the shapes of ``args`` are those of CPython's table of audit events."""
        match event:
            case "open":
                self._opened(args[0], args[1], args[2], frame)
            case "os.listdir" | "os.scandir":
                self._listed(args[0], frame)
            case "os.mkdir":
                self._make(args[0])
            case "os.rename":
                self._renamed(args[0], args[1])
            case "os.link":
                self._read(args[0], frame)
                self._write(args[1])
            case "sqlite3.connect":
                self._connected(args[0], frame)
            case "ctypes.dlopen":
                self._handed_over(args[0], frame)
            case "import" | "pickle.find_class":
                self._named(event, args, frame)
            case _:
                self._commanded(event, args, frame)

    def asked(self, path: object, directory: int | None, mode: int, frame: FrameType) -> None:
        """Take in a question about a path, see ``questions``. What it amounts to is decided by ``settle``."""
        ours = asks_for_project(frame, self._is_project)  # first, since most questions are nobody's
        if not ours and (mode or not asks_for_library(frame)):
            return
        place = self._places.find_anywhere(path, directory)
        if place is None or place in self._roots:
            return
        if not ours:
            if self._places.is_within(place):
                self._sought[place] = None
                self._note("file", place, frame)
            return
        if self._find(path, frame, directory) is None or self._is_own(place):
            return
        if stat.S_ISLNK(mode):
            mode = _mode(place) or stat.S_IFREG
        if stat.S_ISDIR(mode):
            if not any(root.startswith(place + os.sep) for root in self._roots):
                self.directories[place] = None
        elif (mode == 0 or stat.S_ISREG(mode)) and not place.endswith(".pyc") and not self._is_module(place):
            self._asked.setdefault(place, mode != 0)
            self.sightings.open(place)
            self._note("file", place, frame)

    def asked_at(self, path: object, frame: FrameType) -> None:
        """Take in a question about a path that no function of ``questions`` is asked."""
        if isinstance(path, str | bytes | os.PathLike):
            self.asked(path, None, _mode(os.fsdecode(path)), frame)

    def handed(self, path: str, frame: FrameType) -> bool:
        """Take in a path that a library gets, which may open it or not; whether something of the project is there."""
        place = self._places.find_anywhere(path)
        if place is None or self._is_own(place):
            return place is not None
        now = status(place)
        if now and not stat.S_ISREG(now[0]) and self._places.find(path) in (None, *self._roots):
            return False  # in the project's own directory, and outside, everybody opens files
        if now and stat.S_ISREG(now[0]):
            self.sightings.open(place)
        if place in self._handed or not now:
            self._handed.setdefault(place, now)
            return bool(now)
        self._handed[place] = now
        real = os.path.realpath(place)
        if stat.S_ISREG(now[0]):
            self._note("file", place, frame)
            self.openings.catch_up(besides={real})  # it is digested where a module is being imported
            self.openings.watch(os.path.dirname(real))
        else:
            for directory in _directories(real):
                self.openings.watch(directory)
        return True

    def _settle_handed(self) -> set[str]:
        """Take in what libraries opened of the paths that they got; returns their output.

        That is what was not there when a library got its path and is now, and what is another now and was closed first
        by who could write it.
        """
        self.openings.close()
        written = self.openings.written
        output = {
            place
            for place, before in self._handed.items()
            if before != status(place) and (not before or written.get(os.path.realpath(place)))
        }
        for place, before in self._handed.items():
            real = os.path.realpath(place)
            opened = [file for file in self.openings.files if file == real or file.startswith(real + os.sep)]
            for file in opened if before else ():
                found = self._places.find_anywhere(place + file.removeprefix(real))
                if found is None or found in output or self._is_own(found) or self._is_module(found):
                    continue
                self.reads[found] = None
                if found != place:
                    self.sightings.doubt(found)
                    self.listings[os.path.dirname(found)] = None
        return output

    def settle(self) -> set[str]:
        """Sort out the questions when all is over; returns the places that turned out to be no inputs.

        A missing file that was asked for is a read, since it may come, and one that is there, whatever was asked.
        No inputs are sources that were imported afterwards, and places that became directories meanwhile.
        ``directories`` are those that were there when they were asked for: only that they exist counts. Those that the
        process made or put something into are places for output and do not count, nor do those that were listed too.
        """
        output = self._settle_handed()
        dropped = {
            place
            for place, there in self._asked.items()
            if place in output or self._is_module(place) or (not there and stat.S_ISDIR(_mode(place)))
        }
        dropped |= {place for place in self._sought if _mode(place)}  # it was made meanwhile, by whomever
        self.reads.update((place, None) for place in (*self._asked, *self._sought) if place not in dropped)
        dropped |= self._handed.keys() - self.reads.keys()
        if self.directories:
            others = self.listings.keys() | self._put_into()
            self.directories = {place: None for place in self.directories if place not in others}
        return dropped

    def _put_into(self) -> set[str]:
        """The directories that the process made, and all those above anything that it made or wrote."""
        found = {made.rstrip(os.sep) for made in self._made}
        for place in (*self._written, *found):
            above = os.path.dirname(place)
            while above not in found and above not in self._roots and above != os.sep:
                found.add(above)
                above = os.path.dirname(above)
        return found

    def executed(self, file: str) -> bool:
        """Take in a file whose code was executed though no module name leads to it; whether it is a read now."""
        place = self._places.find_anywhere(file)
        if place is None or self._is_own(place):
            return False
        self.reads[place] = None
        self.sightings.doubt(place)
        return True

    def _is_own(self, place: str) -> bool:
        """Whether the process made it."""
        self.catch_up()
        return place in self._written or place.startswith(tuple(self._made))

    def _is_data(self, place: str, frame: FrameType) -> bool:
        """Whether a source that is read to be executed or shown counts as a file all the same."""
        return loads_by_path(frame) or (not self._is_module(place) and shows_lines(frame, self._is_project))

    def _is_module(self, place: str) -> bool:
        return place.endswith(".py") and place in self.module_files.names()

    def _find(self, path: object, frame: FrameType, directory: int | None = None) -> str | None:
        """Return the place of something that counts if it is read: outside of the project, what its code names."""
        place = self._places.find(path, directory)
        if place is not None:
            return place
        place = self._places.find_outside(path, directory)
        return place if place is not None and names_it(frame, place, self._roots, self._is_project) else None

    def _opened(self, path: object, mode: str | None, flags: int, frame: FrameType) -> None:
        if isinstance(path, int):
            return
        if mode is None and (_removes(frame) or os.path.isdir(self._places.find_anywhere(path) or "")):
            return  # os.open of a directory; one that is removed is named as seen from the directory above it
        access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
        keeps_content = access == os.O_RDWR and not flags & os.O_TRUNC
        if access == os.O_RDONLY or (keeps_content and os.path.exists(self._places.find_anywhere(path) or "")):
            self._read(path, frame)
        if access != os.O_RDONLY:
            self._write(path)

    def _read(self, path: object, frame: FrameType, *, named: bool = False) -> None:
        place = self._find(path, frame)
        if place is None or self._is_own(place) or place.endswith(".pyc"):
            return
        if place.endswith(".py") and reads_sources(frame) and not self._is_data(place, frame):
            return
        if stat.S_ISDIR(_mode(place)):  # as importlib.resources does, to see whether it is a zip file
            return
        self.reads[place] = None
        (self.sightings.name if named else self.sightings.open)(place)
        self._note("file", place, frame)

    def _handed_over(self, path: object, frame: FrameType, *, named: bool = False) -> None:
        """Something that is read elsewhere, if it is a file at all."""
        place = self._find(path, frame)
        if place is not None and stat.S_ISREG(_mode(place)):
            self._read(place, frame, named=named)

    def _named(self, event: str, args: Sequence[Any], frame: FrameType) -> None:
        """A module that is looked for, an extension module that is about to be opened, or one that a pickle names."""
        if event == "import" and args[1] is not None:
            self._handed_over(args[1], frame)
        elif self._requests is not None:
            if event != "import":
                self._requests.unpickled(args[0], args[1], frame)
            elif not imports_by_statement(frame):
                self._requests.asked(args[0], frame)

    def _commanded(self, event: str, args: Sequence[Any], frame: FrameType) -> None:
        """What a command names that another process is to execute."""
        self.openings.catch_up()
        scripts = commands.shell_scripts(event, args)
        named = list(commands.named(event, args, scripts))
        self.openings.catch_up(besides={os.path.realpath(path) for path in scripts})  # these were opened just now
        for path, writes in named:
            if writes:
                self._write(path)
            else:
                self._handed_over(path, frame, named=True)
        if acts_for_project(frame, self._is_project):
            for name in commands.variables(event, args, scripts):
                self._variable(name, frame)

    def _make(self, path: object) -> None:
        place = self._places.find_anywhere(path)
        if place is not None and not os.path.isdir(place):  # makedirs(exist_ok=True) asks for every level
            self._made[place + os.sep] = None

    def _write(self, path: object) -> None:
        place = self._places.find_anywhere(path)
        if place is not None:
            self._written[place] = None

    def _renamed(self, source: object, target: object) -> None:
        old, new = self._places.find_anywhere(source), self._places.find_anywhere(target)
        if new is not None:
            if old is not None and os.path.isdir(old):
                self._made[new + os.sep] = None
            else:
                self._written[new] = None

    def _listed(self, path: object, frame: FrameType) -> None:
        place = self._find(path, frame)
        if place is None:
            return
        self.catch_up()
        if (place + os.sep).startswith(tuple(self._made)):
            return
        if _removes(frame) or (reads_sources(frame) and not looks_for_plugins(frame, self._is_project)):
            return
        self.listings[place] = None
        self._note("listing", place, frame)

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


def _directories(place: str) -> Iterator[str]:
    """Yield a directory and those below it, without following links."""
    yield place
    try:
        with os.scandir(place) as found:
            below = [one.path for one in found if one.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for one in below:
        yield from _directories(one)


def _removes(frame: FrameType) -> bool:
    return frame.f_code.co_name.startswith("_rmtree")


def _mode(path: str) -> int:
    try:
        return questions.real_stat(path).st_mode
    except (OSError, ValueError):
        return 0


_EVENTS = commands.EVENTS | {
    "ctypes.dlopen", "import", "os.link", "os.listdir", "os.mkdir", "os.rename", "os.scandir",
    "pickle.find_class", "sqlite3.connect",
}  # fmt: skip
_active: tuple[Access, ...] = ()
_hooked = False


def _hook(event: str, args: tuple[object, ...]) -> None:
    if not _active or (event != "open" and event not in _EVENTS):
        return
    frame = sys._getframe().f_back
    if frame is None or frame.f_code.co_filename.startswith(OWN):  # Python itself opens the program that it is to run
        return
    for access in _active:
        try:
            access.handle(event, args, frame)
        except Exception as error:  # an exception here would make the user's own open() fail
            access.missing = f"{event}: {error!r}"
