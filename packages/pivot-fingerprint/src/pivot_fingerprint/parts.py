"""The values of a fingerprint: parts, entries, what could not be followed, what was observed, what changed.

No behaviour beyond names; everything is plain data, so that callers can keep it as JSON.
"""

from collections.abc import Mapping

from pivot_fingerprint.named import NamedTuple

SCHEME = 2  # raised whenever the same source gives other digests than before


class Entry(NamedTuple):
    """Where a closure begins: a definition by name; ``line`` finds what has no name of its own (lambdas, closures)."""

    module: str
    qualname: str
    line: int = 0


class Part(NamedTuple):
    """One thing that behaviour depends on, with the digest of its own text.

    ``kind`` is one of func, class, method, const, module, package, env, file, live. ``digest`` is 64 hex digits, or a
    version for a package. ``file`` is an absolute path; lines are 1-based, 0 where unknown. The place is no part of the
    identity.
    """

    kind: str
    module: str
    name: str
    digest: str
    file: str | None = None
    line: int = 0
    end_line: int = 0

    @property
    def key(self) -> str:
        """The name that is unique in a closure, as recorded in lock files: ``func:utils:normalize``."""
        return f"{self.kind}:{self.module}:{self.name}"

    @property
    def label(self) -> str:
        """The name for people: ``func:normalize``."""
        return f"{self.kind}:{self.name or self.module}"


class Opaque(NamedTuple):
    """Something that could not be followed, with its place; ``within`` is the key of the part that contains it."""

    what: str
    file: str
    line: int
    within: str


class Fingerprint(NamedTuple):
    """Everything that a function's behaviour depends on, as far as its source can tell.

    ``parts`` are sorted by key; ``packages`` are sorted pairs of distribution and version, ``python`` among them;
    ``parents`` maps the key of a part to the key of the part that led to it; ``ignored`` parts were left out on
    request.
    """

    parts: tuple[Part, ...]
    packages: tuple[tuple[str, str], ...]
    opaque: tuple[Opaque, ...] = ()
    parents: Mapping[str, str] = {}
    ignored: tuple[Part, ...] = ()


class Change(NamedTuple):
    """A part that is new, gone (``new`` is None), or has another digest."""

    key: str
    label: str
    old: str | None
    new: str | None
    file: str | None = None
    line: int = 0


class ImportRead(NamedTuple):
    """Something that was read while a module of the project was being imported.

    ``kind`` is file, listing (the names in a directory), env (a variable), package (a module that was imported by a
    computed name) or module (one whose name does not stand where it is imported); ``name`` is an absolute path, or the
    name of the variable or module. ``module`` and ``line`` say which top-level statement was executing. ``module`` is
    empty for the source of a module that only an import hook of the user's finds.
    """

    kind: str
    name: str
    digest: str | None
    module: str
    line: int


class Observed(NamedTuple):
    """What a run of project code did, beyond what its source could tell. Paths are absolute."""

    functions: tuple[Entry, ...] = ()
    modules: tuple[tuple[str, str], ...] = ()  # (name, file) of project modules imported meanwhile
    reads: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    env: tuple[tuple[str, str | None], ...] = ()  # (variable, keyed digest of its value, None if unset)
    imports: tuple[ImportRead, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()  # (name, file) of the modules that `functions` are in
    missing: tuple[str, ...] = ()  # what could not be observed, in words
    directories: tuple[str, ...] = ()  # that were asked for and there; only their existence counts
    requested: tuple[str, ...] = ()  # modules imported by computed names, but for Python's own
    computed: tuple[str, ...] = ()  # those of them whose names do not stand where they are imported
    settled: tuple[tuple[str, str], ...] = ()  # (read, digest): known to be what it was when it was read
