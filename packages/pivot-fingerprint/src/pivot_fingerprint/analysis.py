"""One look at the sources of a project: fingerprints of any number of functions at once.

An answer is kept in the memo together with everything that it rests on. As long as no source has another digest and
every name still leads to the same file, it is given back without opening a file. The work behind it, from finding
modules to taking digests, is joined in ``project``, which is imported only when there is something to work out.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import blake3
import orjson

from pivot_fingerprint.access import UNLISTED
from pivot_fingerprint.coverage import covers
from pivot_fingerprint.memo import Memo, PlainMemo
from pivot_fingerprint.modules import PROJECT, Finder
from pivot_fingerprint.parts import SCHEME, Entry, Fingerprint, ImportRead, Observed, Opaque, Part


class Analysis:
    """The sources of a project at one moment, and answers about them. Make a new one when sources may have changed.

    ``roots`` come first on the import path, then ``path`` (``sys.path`` if it is not given).
    """

    def __init__(self, roots: Sequence[str], *, path: Sequence[str] | None = None, memo: Memo | None = None) -> None:
        self._memo = memo if memo is not None else PlainMemo()
        self._finder = Finder(roots, path)
        self._project: Any = None
        self._excerpts: Any = None
        self._grounds: list[Any] = []
        self._answer: tuple[str, bytes] | None = None

    def fingerprints(
        self,
        entries: Mapping[str, Sequence[Entry]],
        *,
        imported: Sequence[str] = (),
        reads: Sequence[ImportRead] = (),
    ) -> dict[str, Fingerprint]:
        """Return for each name the fingerprint of the union of its entries.

        ``imported`` are modules of the project that the process is known to import anyway; ``reads`` are what was
        read while project modules were imported: they belong to the definition on whose line they happened.
        """
        key = self._key(entries, imported, reads)
        kept = self._memo.get(key)
        if kept is not None:
            known = self._still_true(kept)
            if known is not None:
                self._answer = self._answer or (key, kept)
                return self._with_ways(known, entries, imported, reads)
        with _no_collection():
            rests_on, found = self._made(entries, imported, reads)
        self._grounds.append([rests_on[1:], self._directories()])
        made = orjson.dumps(rests_on, default=tuple) + b"\n" + orjson.dumps(_pack(found), default=tuple)
        self._answer = self._answer or (key, made)
        self._memo.put(key, made)
        return self._with_ways(found, entries, imported, reads)

    def _made(
        self, entries: Mapping[str, Sequence[Entry]], imported: Sequence[str], reads: Sequence[ImportRead]
    ) -> tuple[list[Any], dict[str, Fingerprint]]:
        """Return fingerprints, and what they rest on: from recipes if these still hold, else by following all names."""

        def asked(module: str) -> object:
            named = [[name, *one[1:]] for name in sorted(entries) for one in entries[name] if one.module == module]
            return [named, sorted((list(one) for one in reads if one.module == module), key=repr)]

        from pivot_fingerprint.recipes import fingerprints  # nothing behind it is needed while nothing changed
        from pivot_fingerprint.remaking import LINKS, RECIPES, conditions, remake

        anywhere = {name: [one._replace(line=0) for one in given] for name, given in entries.items()}
        key = self._key(anywhere, imported, [one._replace(line=0) for one in reads])
        kept = self._memo.get(f"{RECIPES} {key}")
        remade = None if kept is None else remake(kept, self._memo, asked, self._as_known)
        if remade is not None:
            return remade
        question = entries, imported, reads
        project, (book, answers) = self._follow(key, question)
        rests_on = self._rests_on(project)
        if not self._grounds:  # further questions share a book
            first = conditions(rests_on, project.sources, asked)
            for what, one in ((RECIPES, [book, answers]), (LINKS, project.links(*question))):
                if one is not None:
                    self._memo.put(f"{what} {key}", first + orjson.dumps(one, default=tuple))
        return rests_on, fingerprints(book, answers, {})

    def _follow(self, key: str, question: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return what a question is answered from, and of what: of what was followed before, as far as it holds."""
        from pivot_fingerprint.remaking import LINKS, reopen

        kept = self._memo.get(f"{LINKS} {key}") if self._project is None else None
        if kept is not None:
            project = self._new_project()
            if reopen(kept, project, self._memo, self._as_known):
                with suppress(OSError):  # a module was edited meanwhile, and its facts are kept no more
                    return project, project.answers(*question)
        return self._behind(), self._behind().answers(*question)

    def grounds(self) -> bytes:
        """Return what the fingerprints given so far rest on, beyond the contents of the files that the memo was asked
        for: what ``stands`` looks at."""
        return orjson.dumps(self._grounds, default=tuple)

    def answer(self) -> tuple[str, bytes] | None:
        """Return the key of the first question in the memo, and its answer as ``differing`` compares them."""
        return self._answer

    def stands(self, grounds: bytes) -> bool:
        """Return whether all that ``grounds`` said is still so. Raises ValueError or TypeError for anything else."""
        return all(
            directories == self._directories() and self._as_known(*known)
            for known, directories in orjson.loads(grounds)
        )

    def _with_ways(
        self,
        found: dict[str, Fingerprint],
        entries: Mapping[str, Sequence[Entry]],
        imported: Sequence[str],
        reads: Sequence[ImportRead],
    ) -> dict[str, Fingerprint]:
        def ways(name: str) -> Callable[[], Mapping[str, str]]:
            def find() -> Mapping[str, str]:
                parents: Mapping[str, str] = self._behind().parents(entries[name], imported, reads)
                return parents

            return find

        return {name: one._replace(parents=Ways(ways(name))) for name, one in found.items()}

    def imports(self, modules: Iterable[str]) -> frozenset[str]:
        """Return the project modules that a process has imported in the end if it imports these, these included."""
        found: frozenset[str] = self._behind().imports(modules)
        return found

    def finds(self, module: str) -> bool:
        """Return whether a name leads to a module of the project."""
        found = self._finder.find(module)
        own = found.whose == PROJECT and found.kind in ("source", "package") and found.file is not None
        return (own and self._memo.digest(found.file or "") is not None) or module in self.imports([module])

    def origins(self, entry: Entry) -> tuple[Entry, ...]:
        """Return the entries that a name leads to: itself, or what was imported under it; none if nothing binds it."""
        found: tuple[Entry, ...] = self._behind().origins(entry)
        return found

    def names(self, module: str) -> tuple[str, ...]:
        """Return the names that a project module binds and those of its methods, sorted; none if it is unknown."""
        found: tuple[str, ...] = self._behind().names(module)
        return found

    def locate(self, entry: Entry) -> Part | None:
        """Return the part that an entry is in, None if it is not in a project module."""
        found: Part | None = self._behind().locate(entry)
        return found

    def unexpected(
        self,
        entries: Sequence[Entry],
        observed: Observed,
        *,
        imported: Sequence[str] = (),
        reads: Sequence[ImportRead] = (),
        known: Fingerprint | None = None,
    ) -> tuple[Entry, ...]:
        """Return what a run showed beyond the closure of its entries: functions executed, modules imported.

        To be kept as ``module:qualname``, and given as further entries from then on; their lines are 0. ``known`` is
        the fingerprint of the entries: who has it gets the usual answer, that there is nothing, much faster.
        """
        if known is not None and covers(known, observed, {*imported, *(entry.module for entry in entries)}):
            return ()
        found: tuple[Entry, ...] = self._behind().unexpected(entries, imported, reads, observed)
        return found

    def source(self, part: Part) -> str | None:
        """Return the text of a part's definitions, None if it has none or its file was edited since."""
        if self._excerpts is None:
            from pivot_fingerprint.excerpts import Excerpts  # only what was recorded or is shown is wanted as text

            self._excerpts = Excerpts(self._memo)
        found: str | None = self._excerpts.text(part)
        return found if found is not None else self._behind().source(part)

    def _behind(self) -> Any:
        if self._project is None:
            self._project = self._new_project()
        return self._project

    def _new_project(self) -> Any:
        from pivot_fingerprint.project import Project  # nothing behind it is needed while nothing changed

        return Project(self._finder, self._memo)

    def _key(self, entries: Mapping[str, Sequence[Entry]], imported: Sequence[str], reads: Sequence[ImportRead]) -> str:
        question = [
            SCHEME,
            sys.version_info[:2],
            [place.directory for place in self._finder.places],
            self._finder.roots,
            [(name, entries[name]) for name in sorted(entries)],
            sorted(imported),
            sorted(reads, key=repr),
        ]
        return "answer " + blake3.blake3(orjson.dumps(question, default=tuple)).hexdigest()

    def _rests_on(self, project: Any) -> list[Any]:
        files = project.sources.files
        listings = project.listings | {path: listing_digest(path) for path in project.sources.listings}
        return [files, {name: found[:4] for name, found in self._finder.answers.items()}, listings, self._finder.added]

    def _still_true(self, kept: bytes) -> dict[str, Fingerprint] | None:
        rests_on, _, packed = kept.partition(b"\n")
        try:
            files, *known = orjson.loads(rests_on)
        except (ValueError, TypeError):
            return None
        digest = self._memo.digest
        for path, recorded in files.items():
            if digest(path) != recorded:
                return None
        directories = self._directories()
        if not self._as_known(*known):
            return None
        self._grounds.append([known, directories])
        return _unpack(orjson.loads(packed))

    def _as_known(
        self, answers: Mapping[str, list[Any]], listings: Mapping[str, str], added: Sequence[tuple[bool, str]]
    ) -> bool:
        """Return whether names lead where they led, and directories hold the names that they held."""
        for first, entry in added:
            self._finder.add(entry, first=first)
        find = self._finder.find
        for name, answer in answers.items():
            if list(find(name)[:4]) != answer:
                return False
        return all(listing_digest(path) == digest for path, digest in listings.items())

    def _directories(self) -> list[str]:
        added = {entry for _, entry in self._finder.added}
        return [place.directory for place in self._finder.places if place.directory not in added]


class Ways(Mapping[str, str]):
    """From each part to the part that led to it. Found when first asked, since most callers never ask."""

    def __init__(self, find: Callable[[], Mapping[str, str]]) -> None:
        self._find = find
        self._found: Mapping[str, str] | None = None

    def _known(self) -> Mapping[str, str]:
        if self._found is None:
            self._found = self._find()
        return self._found

    def __getitem__(self, key: str) -> str:
        return self._known()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the cyclic garbage collector: a third of the time would go into looking through facts that all stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def listing_digest(path: str) -> str:
    """Return a digest of the names in a directory that count; ``missing`` if there is none."""
    try:
        names = sorted(name for name in os.listdir(path) if name not in UNLISTED)
    except OSError:
        return "missing"
    return blake3.blake3("\0".join(["listing", *names]).encode("utf-8", "surrogateescape")).hexdigest()


def _pack(found: Mapping[str, Fingerprint]) -> list[Any]:
    """Return fingerprints as data in which each part is there once."""
    table: dict[int, int] = {}  # by identity: parts are shared, and many are equal only to themselves
    parts: list[Part] = []
    rows = []
    for name, one in found.items():
        shown = (*one.parts, *one.ignored)
        keys = [*map(id, shown)]
        for key, part in zip(keys, shown, strict=True):
            if key not in table:
                table[key] = len(parts)
                parts.append(part)
        numbers = [table[key] for key in keys]
        rows.append([name, numbers[: len(one.parts)], one.packages, one.opaque, numbers[len(one.parts) :]])
    return [parts, rows]


def _unpack(packed: list[Any]) -> dict[str, Fingerprint]:
    rows, found = packed
    table = [Part._make(row) for row in rows]
    return {
        name: Fingerprint(
            tuple([table[at] for at in parts]),
            tuple([(package, version) for package, version in packages]),
            tuple([Opaque(*row) for row in opaque]),
            {},
            tuple([table[at] for at in ignored]),
        )
        for name, parts, packages, opaque, ignored in found
    }
