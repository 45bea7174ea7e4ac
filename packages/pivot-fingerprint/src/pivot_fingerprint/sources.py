"""The modules of one look: project modules with their facts, and what else the project imports.

Facts are kept in the memo by the content of the source; only what is not there is parsed. How names lead from one
module to another is the business of ``resolve``.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import blake3

from pivot_fingerprint.definitions import FORMAT, Definition, Facts, decode, encode
from pivot_fingerprint.installed import OWN_DISTRIBUTIONS, Distribution, Installed
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.modules import INSTALLED, STANDARD, Finder
from pivot_fingerprint.named import NamedTuple

_FACTS = f"facts {FORMAT} {sys.version_info.major}.{sys.version_info.minor}"


class Header(NamedTuple):
    """What is known of a project module without its facts.

    ``first`` is the number of its first definition, ``marks`` are those of all of them. ``asked`` are the names that
    were looked up in other modules to find what its own mean, ``looked`` the modules of which more counted than that.
    """

    name: str
    file: str
    is_package: bool
    first: int
    marks: list[int]
    loads: list[list[Any]]
    search: list[str]
    structure: str
    asked: dict[str, dict[str, None]]
    looked: dict[str, None]


class Source:
    """A project module; ``cache`` is for whoever resolves its names. Its facts are read when something asks for them.

    ``members`` are the methods of each class, both by their numbers.
    """

    __slots__ = (
        "_read",
        "asked",
        "cache",
        "facts",
        "file",
        "first",
        "header",
        "index",
        "is_package",
        "late",
        "lined",
        "looked",
        "members",
        "name",
        "package",
        "stop",
    )
    facts: Facts
    late: dict[str, list[int]]
    members: dict[int, list[int]]

    def __init__(self, header: Header, read: Callable[[], Facts]) -> None:
        self.header = header
        self.name, self.file, self.is_package, self.first = header[:4]
        self.package = self.name if self.is_package else self.name.rpartition(".")[0]
        self.stop = self.first + len(header.marks)
        self.asked, self.looked = header.asked, header.looked
        self.cache: dict[str, object] = {}
        self.index: Any = None  # of ``entries``
        self.lined = False  # whether it was asked what stands on which line
        self._read = read

    def __getattr__(self, name: str) -> Any:
        if name not in ("facts", "late", "members"):
            raise AttributeError(name)
        self.facts = facts = self._read()
        self.late = facts.late
        self.members = {}
        for at, definition in enumerate(facts.definitions):
            if definition.owner >= 0:
                self.members.setdefault(self.first + definition.owner, []).append(self.first + at)
        return getattr(self, name)


class Outside(NamedTuple):
    """A module that is not followed.

    ``kind`` is installed, standard, binary (project code without source) or missing.
    """

    kind: str
    name: str
    distribution: Distribution | None = None
    file: str | None = None


class Spread(NamedTuple):
    """A namespace package: nothing but submodules."""

    name: str


class _Definitions(dict[int, Definition]):
    """Definitions by number; those of a module are there as soon as one is asked for."""

    def __init__(self, homes: list[Source]) -> None:
        self._homes = homes

    def __missing__(self, number: int) -> Definition:
        home = self._homes[number]
        self.update(enumerate(home.facts.definitions, home.first))
        return self[number]


class Sources:
    """All modules that were asked for, by name, and all their definitions, by number."""

    def __init__(self, finder: Finder, memo: Memo) -> None:
        self.finder = finder
        self.memo = memo
        self.installed = Installed(memo)
        self.files: dict[str, str | None] = {}  # what the answers rest on: path to digest
        self.fixed: set[str] = set()  # those of which every byte counts
        self.listings: set[str] = set()  # and directories
        self.modules: dict[str, Source | Outside | Spread] = {}
        self.homes: list[Source] = []  # of each definition
        self.definitions = _Definitions(self.homes)
        self.marks: list[int] = []  # of each definition
        self._distributions: dict[str, Outside] = {}
        self.steps: dict[str, list[list[str]]] = {}  # these three for loading
        self.loads: dict[str, list[str]] = {}
        self.inside: dict[str, list[str]] = {}
        self._asking: Source | None = None

    def module(self, name: str) -> Source | Outside | Spread:
        """Return a module by its absolute name."""
        found = self.modules.get(name)
        if found is None:
            found = self.modules[name] = self._load(name)
        return found

    def digest(self, file: str) -> str | None:
        """Return the digest of a file, and remember that the result depends on its very bytes."""
        self.fixed.add(file)
        return self._digest(file)

    def _digest(self, file: str) -> str | None:
        if file not in self.files:
            self.files[file] = self.memo.digest(file)
        return self.files[file]

    def _load(self, name: str) -> Source | Outside | Spread:
        found = self.finder.find(name)
        if found.kind == "missing":
            return Outside("missing", name)
        if found.whose == STANDARD:
            return Outside("standard", name)
        if found.kind == "namespace":
            return Spread(name)
        if found.kind == "builtin":
            return self._own(name)
        file = found.file
        if file is None:
            return Outside("missing", name)
        if found.whose == INSTALLED:
            distribution = self.installed.owner(found.entry, file)
            if distribution is not None:
                self.digest(distribution.metadata)
                return Outside("installed", name, distribution, file)
        digest = self._digest(file)
        facts: Facts | None = None
        if found.kind != "binary" and digest is not None:
            try:
                self.files[file], facts = read_module(self.memo, file, digest)
            except OSError:  # removed since the digest was taken
                self.files[file] = None
        if facts is None:
            self.fixed.add(file)
            return Outside("binary", name, None, file)
        known = facts
        marks = [one.marks for one in facts.definitions]
        header = Header(
            name,
            file,
            found.kind == "package",
            len(self.marks),
            marks,
            facts.loads,
            facts.search,
            facts.structure,
            {},
            {},
        )
        return self.add(header, lambda: known)

    def add(self, header: Header, read: Callable[[], Facts]) -> Source:
        """Add a module whose definitions have the next numbers."""
        source = Source(header, read)
        self.homes.extend([source] * len(header.marks))
        self.marks.extend(header.marks)
        return source

    @contextmanager
    def asking(self, home: Source) -> Iterator[None]:
        """Say for which module something is found that is kept with it."""
        before, self._asking = self._asking, home
        yield
        self._asking = before

    def look(self, number: int) -> tuple[Definition, Source]:
        """Return a definition and its module, of which then all counts for whoever is asking."""
        home = self.homes[number]
        if self._asking is not None and home is not self._asking:
            self._asking.looked[home.name] = None
        return self.definitions[number], home

    def _own(self, name: str) -> Outside:
        top = name.partition(".")[0]
        entries = [place.directory for place in self.finder.places if place.whose == INSTALLED]
        distribution = self.installed.named(entries, OWN_DISTRIBUTIONS.get(top, top))
        if distribution is not None:
            self.digest(distribution.metadata)
        return Outside("installed", name, distribution)

    def distribution(self, name: str) -> Outside:
        """Return an installed distribution by its own name."""
        found = self._distributions.get(name)
        if found is None:
            entries = [place.directory for place in self.finder.places if place.whose == INSTALLED]
            distribution = self.installed.named(entries, name)
            self.listings.update(entries)
            if distribution is not None:
                self.digest(distribution.metadata)
            kind = "missing" if distribution is None else "installed"
            found = self._distributions[name] = Outside(kind, name, distribution)
        return found


def read_module(memo: Memo, file: str, digest: str) -> tuple[str, Facts]:
    """Return the facts of a module with a digest, and the digest of the text that they are of.

    That is another one where the file was edited since its digest was taken. Raises OSError if it cannot be read now.
    """
    known = kept_facts(memo, digest)
    if known is not None:
        return digest, known
    # The one boundary behind which syntax trees are imported: most runs parse nothing.
    from pivot_fingerprint.facts import read_facts

    with open(file, "rb") as opened:
        data = opened.read()
    actual = blake3.blake3(data).hexdigest()
    facts = read_facts(data)
    memo.put(f"{_FACTS} {actual}", encode(facts))
    return actual, facts


def kept_facts(memo: Memo, digest: str) -> Facts | None:
    """Return the facts of a text that was read before, None if they are not kept any more."""
    kept = memo.get(f"{_FACTS} {digest}")
    return None if kept is None else decode(kept)
