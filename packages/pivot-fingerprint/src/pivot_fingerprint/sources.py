"""The modules of one look: project modules with their facts, and what else the project imports.

Facts are kept in the memo by the content of the source; only what is not there is parsed. How names lead from one
module to another is the business of ``resolve``.
"""

import sys
from typing import Any, NamedTuple

import blake3

from pivot_fingerprint.definitions import FORMAT, Definition, Facts, decode, encode
from pivot_fingerprint.installed import OWN_DISTRIBUTIONS, Distribution, Installed
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.modules import INSTALLED, STANDARD, Finder

_FACTS = f"facts {FORMAT} {sys.version_info.major}.{sys.version_info.minor}"


class Source:
    """A project module; ``first`` is the number of its first definition, ``cache`` for whoever resolves its names."""

    __slots__ = (
        "cache",
        "facts",
        "file",
        "first",
        "index",
        "is_package",
        "late",
        "lined",
        "members",
        "name",
        "package",
    )

    def __init__(self, name: str, file: str, is_package: bool, facts: Facts, first: int) -> None:
        self.name = name
        self.file = file
        self.is_package = is_package
        self.package = name if is_package else name.rpartition(".")[0]
        self.facts = facts
        self.first = first
        self.cache: dict[str, object] = {}
        self.index: Any = None  # of ``entries``
        self.lined = False  # whether it was asked what stands on which line
        self.late = facts.late
        self.members: dict[int, list[int]] = {}  # the methods of a class, both by their numbers
        for at, definition in enumerate(facts.definitions):
            if definition.owner >= 0:
                self.members.setdefault(first + definition.owner, []).append(first + at)


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
        self.definitions: list[Definition] = []
        self.homes: list[Source] = []  # of each definition
        self.marks: list[int] = []  # of each definition
        self._distributions: dict[str, Outside] = {}
        self.steps: dict[str, list[list[str]]] = {}  # for loading

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
        source = Source(name, file, found.kind == "package", facts, len(self.definitions))
        self.definitions.extend(source.facts.definitions)
        self.homes.extend([source] * len(source.facts.definitions))
        self.marks.extend([one.marks for one in source.facts.definitions])
        return source

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
    kept = memo.get(f"{_FACTS} {digest}")
    known = None if kept is None else decode(kept)
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
