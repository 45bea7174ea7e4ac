"""The use case: hold what the cache and the records say of each other against what lies on the disk.

Works from the records alone; nothing of the user's is imported. It changes nothing: ``mend`` does, if asked to. Without
``read`` no object is read but listings, and what something speaks against: another stamp than when it was verified, a
size that no record knows, a link or a mode through which it can be edited.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from pivot.lock import Lock
from pivot.record import Damaged
from pivot.records import find_records
from pivot.subset import choose
from pivot.traces import read_records
from pivot.workspace import Workspace
from pivot_cache import Content, DiskError, InvalidTree, ObjectId, ObjectMissing, TreeEntry, hash_bytes, read_tree
from pivot_cache.inventory import Item, inventory, is_file
from pivot_cache.tree import DEPTH_LIMIT, total_size
from pivot_fingerprint.named import NamedTuple

type Kind = Literal[
    "corrupt", "missing", "record", "trace", "writable", "unreadable", "leftover", "foreign", "set aside"
]

DAMAGE: frozenset[Kind] = frozenset(("corrupt", "missing", "record", "writable"))
"""What is wrong; the other kinds are told, and hurt nothing."""


class Use(NamedTuple):
    """Who needs an object: an output of a stage, or tracked data, which no stage makes."""

    stage: str | None
    path: str


class Finding(NamedTuple):
    """Something that is not as it should be.

    ``place`` is an object's name, or a path relative to the project if it lies below it. ``uses`` are the outputs that
    it concerns; ``traces`` is the number of traces. ``moved`` is where ``mend`` put it; ``mended`` says that it is
    right again.
    """

    kind: Kind
    place: str
    detail: str = ""
    uses: tuple[Use, ...] = ()
    traces: int = 0
    moved: str | None = None
    mended: bool = False


class Stock(NamedTuple):
    """How much was looked at, and how much of it read."""

    objects: int
    bytes: int
    read: int
    read_bytes: int
    records: int
    traces: int


class Report(NamedTuple):
    """What a check found; the worst first."""

    findings: tuple[Finding, ...]
    stock: Stock

    @property
    def damaged(self) -> bool:
        """Whether something is wrong, and not mended."""
        return any(one.kind in DAMAGE and not one.mended for one in self.findings)

    @property
    def blind(self) -> bool:
        """Whether something could not be looked at."""
        return any(one.kind == "unreadable" for one in self.findings)


class Reading(NamedTuple):
    """How far the reading is: objects and bytes, of all that are to be read."""

    objects_done: int
    objects: int
    bytes_done: int
    bytes: int


type OnReading = Callable[[Reading], object]


class Check:
    """One look at everything. ``bad`` are the objects that are not there or not right, by name."""

    def __init__(self, workspace: Workspace, read: str | None = None, on_reading: OnReading | None = None) -> None:
        self.workspace = workspace
        self.store = workspace.store
        self.sizes: dict[ObjectId, int] = {}
        self.bad: dict[ObjectId, Finding] = {}
        self.others: list[Finding] = []
        self.outputs: list[tuple[Use, Content]] = []
        self.traces: dict[ObjectId, list[Lock] | None] = {}
        self._read: dict[ObjectId, int] = {}
        self._records = 0
        self._totals: dict[ObjectId, int] = {}
        self._below: dict[ObjectId, frozenset[ObjectId]] = {}
        self._take_stock()
        if read is not None:
            self._verify_all(list(choose(read, self.sizes)), on_reading)
        self._read_records()

    def report(self) -> Report:
        """Return what was found."""
        for use, content in self.outputs:
            if not self._agrees(content):
                self.others.append(Finding("record", use.path, "its record says another size than it has", (use,)))
        for locks in self.traces.values():
            for lock in locks or ():
                for output in lock.outputs.values():
                    self._agrees(output.content)
        if self.bad:
            self._below.clear()  # what was sound when a directory was looked at may have turned out not to be
        uses: dict[ObjectId, list[Use]] = {oid: [] for oid in self.bad}
        traces = dict.fromkeys(self.bad, 0)
        for use, content in self.outputs:
            for oid in self.bad_in(content):
                uses[oid].append(use)
        for key, locks in self.traces.items():
            lacking = {oid for lock in locks or () for oid in self.lacking(lock)}
            for oid in lacking:
                traces[oid] += 1
            if locks is None or lacking:
                detail = "cannot be read" if locks is None else "names what the cache does not hold"
                self.others.append(Finding("trace", key, detail))
        found = [
            one._replace(uses=tuple(uses[oid]), traces=traces[oid])
            for oid, one in self.bad.items()
            if one.kind != "missing" or not self.store.has(oid)  # another process may have made it meanwhile
        ]
        read = sum(self._read.values())
        stock = Stock(len(self.sizes), sum(self.sizes.values()), len(self._read), read, self._records, len(self.traces))
        return Report(tuple(sorted([*found, *self.others], key=_rank)), stock)

    def lacking(self, lock: Lock) -> set[ObjectId]:
        """Return the objects that the outputs of a record need and the cache does not rightly hold."""
        return {oid for output in lock.outputs.values() for oid in self.bad_in(output.content)}

    def bad_in(self, content: Content | TreeEntry, depth: int = 0) -> frozenset[ObjectId]:
        """Return what is not there or not right of a content and all below it."""
        oid = content.digest
        if oid not in self.sizes and oid not in self.bad:
            self.bad[oid] = Finding("missing", oid)
        if oid not in self.bad and content.kind == "directory":
            if oid not in self._below:
                self._below[oid] = self._bad_below(oid, depth)
            return self._below[oid]
        return frozenset((oid,)) if oid in self.bad else frozenset()

    def _bad_below(self, oid: ObjectId, depth: int) -> frozenset[ObjectId]:
        entries = self._listing(oid, depth)
        below = [self.bad_in(entry, depth + 1) for entry in entries]
        if not all(map(self._fits, entries)):
            self.bad[oid] = Finding("corrupt", oid, "a listing that says other sizes than its files have")
        return frozenset((oid,)) if oid in self.bad else frozenset().union(*below)

    def _agrees(self, content: Content) -> bool:
        """Look at a content and all below it, and say whether the record is right about its size."""
        self.bad_in(content)
        return self._fits(content)

    def _fits(self, content: Content | TreeEntry) -> bool:
        """Say whether a record is right about the size of what it names; if not, the object may be wrong, too."""
        oid = content.digest
        size = self._totals.get(oid) if content.kind == "directory" else self.sizes.get(oid)
        if size is None or oid in self.bad or size == content.size:
            return True
        self._verify(oid)
        return oid in self.bad

    def _take_stock(self) -> None:
        for item in inventory(self.store.layout):
            place = self.workspace.project.relative(item.path)
            match item.kind, item.name:
                case "object", str() as oid:
                    self._take_object(ObjectId(oid), item)
                case "run", str() as key:
                    self.traces[ObjectId(key)] = read_records(self.workspace.runs, key) or None
                case "leftover", _:
                    self.others.append(Finding("leftover", place))
                case "quarantined", _:
                    self.others.append(Finding("set aside", place, f"{item.status.st_size}"))
                case _:
                    self.others.append(Finding("foreign", place))

    def _take_object(self, oid: ObjectId, item: Item) -> None:
        if not is_file(item):
            self.bad[oid] = Finding("corrupt", oid, "it is no file")
            return
        self.sizes[oid] = item.status.st_size
        if self.store.is_doubtful(oid, item.status):
            self._verify(oid)
        if item.status.st_mode & 0o222:
            linked = "it has other names, through which it can be edited" if item.status.st_nlink > 1 else ""
            self.others.append(Finding("writable", oid, linked))

    def _verify_all(self, chosen: Sequence[ObjectId], on_reading: OnReading | None) -> None:
        sizes = [self.sizes[oid] for oid in chosen]
        done, total = 0, sum(sizes)
        for number, (oid, size) in enumerate(zip(chosen, sizes, strict=True)):
            if on_reading is not None:
                on_reading(Reading(number, len(chosen), done, total))
            self._verify(oid)
            done += size

    def _verify(self, oid: ObjectId) -> None:
        if oid in self._read or oid in self.bad:
            return
        try:
            right = self.store.verify(oid)
        except ObjectMissing:
            del self.sizes[oid]  # quarantined or collected meanwhile
            return
        except DiskError as error:
            self.others.append(Finding("unreadable", oid, str(error)))
            self._read[oid] = 0
            return
        self._read[oid] = self.sizes[oid]
        if not right:
            self.bad[oid] = Finding("corrupt", oid, "its bytes do not match its name")

    def _listing(self, oid: ObjectId, depth: int) -> tuple[TreeEntry, ...]:
        if depth > DEPTH_LIMIT:
            self.bad[oid] = Finding("corrupt", oid, "a directory deeper than any that is kept")
            return ()
        data = self.store.peek(oid)
        if data is None or hash_bytes(data) != oid:
            self.bad[oid] = Finding("corrupt", oid, "a listing whose bytes do not match its name")
            return ()
        self._read[oid] = len(data)
        try:
            entries = read_tree(data, oid)
        except InvalidTree as error:
            self.bad[oid] = Finding("corrupt", oid, f"no listing of a directory: {error.detail}")
            return ()
        self._totals[oid] = total_size(entries)
        return entries

    def _read_records(self) -> None:
        records = find_records(self.workspace.project.root)
        self._records = len(records.stages) + len(records.tracked)
        for stage, _, lock, _ in records.stages:
            if isinstance(lock, Damaged):
                self.others.append(Finding("record", stage, lock.problem))
            else:
                self.outputs += [(Use(stage, path), output.content) for path, output in lock.outputs.items()]
        for path, content in records.tracked:
            if isinstance(content, Damaged):
                self.others.append(Finding("record", path, content.problem))
            else:
                self.outputs.append((Use(None, path), content))


def fsck(workspace: Workspace, read: str | None = None, on_reading: OnReading | None = None) -> Report:
    """Check, and change nothing. ``read`` says which objects are read: ``100%`` for all, see ``subset``; before each,
    ``on_reading`` is told.

    Raises DiskError and StorageError where it cannot look, UsageError for a subset that is none.
    """
    return Check(workspace, read, on_reading).report()


_ORDER: tuple[Kind, ...] = (
    "corrupt",
    "missing",
    "record",
    "writable",
    "unreadable",
    "trace",
    "foreign",
    "leftover",
    "set aside",
)


def _rank(finding: Finding) -> tuple[int, str, str]:
    return _ORDER.index(finding.kind), finding.uses[0].path if finding.uses else "", finding.place
