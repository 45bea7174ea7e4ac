"""The laws of a transfer, over stores in memory that may be damaged or fail."""

import errno
from collections.abc import Iterable
from io import BytesIO, RawIOBase
from itertools import pairwise
from typing import Any, BinaryIO, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivot_cache import (
    Content,
    DiskError,
    LocalStore,
    MemoryStore,
    ObjectId,
    TreeEntry,
    hash_bytes,
    read_tree,
    tree_bytes,
)
from pivot_remote import (
    BucketMissing,
    DirectoryStore,
    NoConnection,
    Progress,
    Remote,
    Report,
    S3Store,
    transfer,
)
from pivot_remote.store import There

ROOT: Final = "directory"
type Node = bytes | dict[str, Node]

names = st.text("abü", min_size=1, max_size=2)
files = st.binary(max_size=20) | st.integers(0, 5).map(lambda number: b"large%d" % number * 1000)
nodes = st.recursive(files, lambda below: st.dictionaries(names, below, max_size=4), max_leaves=12)
forests = st.lists(nodes, min_size=1, max_size=4)
jobs = st.integers(1, 4)
deeper = settings(max_examples=60)  # threads start and end in each example


def keep(store: MemoryStore, node: Node) -> Content:
    """Put a file, or a directory with all that is below it, into a store."""
    if isinstance(node, bytes):
        return Content("file", store.add_bytes(node), len(node))
    entries = [TreeEntry(name, *keep(store, below)) for name, below in node.items()]
    return Content("directory", store.add_bytes(tree_bytes(entries)), sum(entry.size for entry in entries))


def planted(forest: list[Node]) -> tuple[MemoryStore, list[Content]]:
    store = MemoryStore()
    return store, [keep(store, node) for node in forest]


def trees_of(store: MemoryStore, contents: Iterable[Content]) -> set[ObjectId]:
    trees: set[ObjectId] = set()
    level = {content.digest for content in contents if content.kind == ROOT}
    while level:
        trees |= level
        level = {entry.digest for oid in level for entry in read_tree(store.objects[oid]) if entry.kind == ROOT} - trees
    return trees


class Far(MemoryStore):
    """A remote store in memory that counts what it is asked."""

    address = "memory"
    files = None

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.old: set[ObjectId] = set()

    def look(self) -> None:
        pass

    def find(self, ids: Iterable[ObjectId], before: float) -> There:
        found = self.sizes(ids)
        return There(found, self.old & found.keys())

    def close(self) -> None:
        pass

    def sizes(self, ids: Iterable[ObjectId]) -> dict[ObjectId, int]:
        self.asked.append("sizes")
        return {oid: len(self.objects[oid]) for oid in ids if oid in self.objects}

    def has(self, oid: ObjectId) -> bool:
        self.asked.append("has")
        return super().has(oid)

    def open(self, oid: ObjectId, start: int = 0) -> BinaryIO:
        self.asked.append("open")
        return super().open(oid, start)

    def read(self, oid: ObjectId) -> bytes:
        self.asked.append("read")
        return super().read(oid)

    def add(self, oid: ObjectId, stream: BinaryIO) -> None:
        self.asked.append("add")
        super().add(oid, stream)


def test_a_source_that_does_not_answer_is_asked_once() -> None:
    class Silent(Far):
        def look(self) -> None:
            raise NoConnection("memory", "http://host", "silent")

    source, target = Silent(), MemoryStore()
    contents = [Content("file", source.add_bytes(data), 1) for data in (b"a", b"b")]
    with pytest.raises(NoConnection):
        transfer(contents, source, target)
    assert "open" not in source.asked
    for data in (b"a", b"b"):
        target.add_bytes(data)
    assert transfer(contents, source, target).moved == ()  # then there is nothing to ask


class Torn(RawIOBase):
    """A stream whose connection breaks after so many bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        data = self._data.read(size)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "cut")
        return data


class Endless(RawIOBase):
    """A stream that never ends."""

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "nobody reads all of what has no end"
        return bytes(size)


MISSING, CORRUPT, FAILED = "missing", "corrupt", "failed"
FAULTS: Final = {
    "gone": MISSING,
    "truncated": CORRUPT,
    "longer": CORRUPT,
    "other bytes": CORRUPT,
    "endless": CORRUPT,
    "torn": FAILED,
    "refused": FAILED,
    "forbidden": FAILED,
}


class Faulty(MemoryStore):
    """A store in which some objects cannot be read as they should be."""

    def __init__(self, whole: MemoryStore, faults: dict[ObjectId, str]) -> None:
        super().__init__()
        self.objects = {oid: data for oid, data in whole.objects.items() if faults.get(oid) != "gone"}
        self.faults = faults

    def open(self, oid: ObjectId, start: int = 0) -> BinaryIO:
        data = super().open(oid, start).read()
        stream: Any = BytesIO(data)
        match self.faults.get(oid):
            case "truncated":
                stream = BytesIO(data[:-1] if data else b"x")
            case "longer":
                stream = BytesIO(data + b"x")
            case "other bytes":
                stream = BytesIO(data[:-1] + bytes([data[-1] ^ 1]) if data else b"x")
            case "endless":
                stream = Endless()
            case "torn":
                stream = Torn(data[: len(data) // 2])
            case "refused":
                raise NoConnection("memory", "http://host", "refused")
            case "forbidden":
                raise PermissionError(errno.EACCES, "forbidden")
        return stream


def check_closed(store: MemoryStore, trees: Iterable[ObjectId]) -> None:
    """No wrong bytes are anywhere, and no tree is without what it names."""
    for oid, data in store.objects.items():
        assert hash_bytes(data) == oid
    for oid in trees:
        if oid in store.objects:
            for entry in read_tree(store.objects[oid]):
                assert entry.digest in store.objects


@deeper
@given(forests, jobs)
def test_the_target_has_it_all(forest: list[Node], jobs: int) -> None:
    source, contents = planted(forest)
    source.add_bytes(b"something that nobody wants")
    target = MemoryStore()
    report = transfer(contents, source, target, jobs)
    wanted = planted(forest)[0].objects
    assert target.objects == wanted
    assert report.complete
    assert report.moved == tuple(sorted(wanted))
    assert report.bytes == sum(map(len, wanted.values()))
    assert report.present == 0


@deeper
@given(forests, st.data())
def test_what_is_there_is_not_moved(forest: list[Node], data: st.DataObject) -> None:
    source, contents = planted(forest)
    there = data.draw(st.sets(st.sampled_from(sorted(source.objects))))
    target = MemoryStore()
    target.objects = {oid: source.objects[oid] for oid in there}
    report = transfer(contents, source, target, 2)
    assert target.objects == source.objects
    assert set(report.moved) == source.objects.keys() - there
    assert report.present == len(there)
    again = transfer(contents, source, target, 2)
    assert again == Report((), 0, len(source.objects), (), (), (), ())


@deeper
@given(forests, jobs, st.data())
def test_faults_of_the_source(forest: list[Node], jobs: int, data: st.DataObject) -> None:
    whole, contents = planted(forest)
    trees = trees_of(whole, contents)
    faults = data.draw(st.dictionaries(st.sampled_from(sorted(whole.objects)), st.sampled_from(sorted(FAULTS))))
    # A tree is read with `read`, where these stores have no faults but absence; when it is moved it is opened.
    target = MemoryStore()
    report = transfer(contents, Faulty(whole, faults), target, jobs)
    check_closed(target, trees)
    assert report.moved == tuple(sorted(target.objects))
    told = {
        **dict.fromkeys(report.missing, MISSING),
        **dict.fromkeys(report.corrupt, CORRUPT),
        **dict.fromkeys((failure.id for failure in report.failed), FAILED),
    }
    assert told == {oid: FAULTS[faults[oid]] for oid in told}
    assert report.complete == (target.objects == whole.objects)
    # Everything that could be moved was: what is not there is faulty, or above something that is.
    for oid in whole.objects.keys() - target.objects.keys() - told.keys():
        if oid in report.withheld:
            assert any(entry.digest not in target.objects for entry in read_tree(whole.objects[oid]))
        else:
            assert any(tree in report.missing for tree in trees), "only what a missing tree names may stay unknown"
    # The next one goes on where this one ended.
    rest = transfer(contents, whole, target, jobs)
    assert rest.complete
    assert rest.present == len(report.moved)
    assert target.objects == whole.objects


@deeper
@given(forests, jobs, st.data())
def test_faults_of_the_target(forest: list[Node], jobs: int, data: st.DataObject) -> None:
    source, contents = planted(forest)
    bad = data.draw(st.sets(st.sampled_from(sorted(source.objects))))

    class Refusing(MemoryStore):
        def add(self, oid: ObjectId, stream: BinaryIO) -> None:
            if oid in bad:
                raise DiskError("write", "/cache", errno.EACCES)
            super().add(oid, stream)

    target = Refusing()
    report = transfer(contents, source, target, jobs)
    check_closed(target, trees_of(source, contents))
    assert {failure.id for failure in report.failed} <= bad
    assert bad <= {failure.id for failure in report.failed} | set(report.withheld)
    assert len(report.moved) + len(report.failed) + len(report.withheld) == len(source.objects)


class Interrupt(BaseException):
    """What a user or the system may throw at any moment."""


@deeper
@given(forests, jobs, st.integers(0, 20), st.sampled_from([Interrupt, BucketMissing]))
def test_an_end_at_any_moment(forest: list[Node], jobs: int, moment: int, kind: type[BaseException]) -> None:
    source, contents = planted(forest)
    left = [None] * moment

    class Ending(MemoryStore):
        def add(self, oid: ObjectId, stream: BinaryIO) -> None:
            if not left:
                raise kind("s3://bucket", "bucket")
            left.pop()
            super().add(oid, stream)

    target = Ending()
    if moment < len(source.objects):
        with pytest.raises(kind):
            transfer(contents, source, target, jobs)
        check_closed(target, trees_of(source, contents))
    whole = MemoryStore()
    whole.objects = target.objects
    assert transfer(contents, source, whole, jobs).complete
    assert whole.objects == source.objects


@deeper
@given(forests, jobs)
def test_progress_grows_and_ends_at_all(forest: list[Node], jobs: int) -> None:
    source, contents = planted(forest)
    seen: list[Progress] = []
    transfer(contents, source, MemoryStore(), jobs, seen.append)
    size = sum(map(len, source.objects.values()))
    assert seen[0] == (0, len(source.objects), 0, size)
    assert seen[-1] == (len(source.objects), len(source.objects), size, size)
    assert all(one.objects_done <= two.objects_done for one, two in pairwise(seen))
    assert all(one.bytes_done <= two.bytes_done for one, two in pairwise(seen))


@deeper
@given(forests, st.data())
def test_progress_ends_at_all_when_something_fails(forest: list[Node], data: st.DataObject) -> None:
    whole, contents = planted(forest)
    faults = data.draw(
        st.dictionaries(st.sampled_from(sorted(whole.objects)), st.sampled_from(["torn", "endless", "refused"]))
    )
    seen: list[Progress] = []
    transfer(contents, Faulty(whole, faults), MemoryStore(), 2, seen.append)
    assert seen[-1].objects_done == seen[-1].objects == len(whole.objects)
    assert seen[-1].bytes_done == seen[-1].bytes


def big_forest() -> list[Node]:
    return [{str(number): {"a": b"%d" % number, "b": {"c": b"c"}} for number in range(100)}, b"a file"]


def test_a_push_of_nothing_new_asks_once() -> None:
    source, contents = planted(big_forest())
    target = Far()
    target.objects = dict(source.objects)
    assert transfer(contents, source, target).complete
    assert target.asked == ["sizes"]


def test_a_pull_of_nothing_new_asks_nothing() -> None:
    target, contents = planted(big_forest())
    source = Far()
    source.objects = dict(target.objects)
    assert transfer(contents, source, target).complete
    assert source.asked == []


def test_a_pull_gets_each_object_once() -> None:
    whole, contents = planted(big_forest())
    source = Far()
    source.objects = dict(whole.objects)
    target = MemoryStore()
    assert transfer(contents, source, target).complete
    trees = len(trees_of(whole, contents))
    assert source.asked.count("read") == trees
    assert source.asked.count("open") == len(whole.objects) - trees
    assert target.objects == whole.objects


def test_what_was_emptied_meanwhile_is_moved_again() -> None:
    source, contents = planted(big_forest())
    target = Far()
    transfer(contents, source, target)
    target.objects.clear()
    assert transfer(contents, source, target).complete
    assert target.objects == source.objects


@pytest.mark.parametrize("kind", [MemoryStore, Far])
def test_a_truncated_object_in_the_target_is_moved_again(kind: type[MemoryStore]) -> None:
    source, contents = planted([{"a": b"content"}])
    target = kind()
    target.objects = dict(source.objects)
    target.objects[hash_bytes(b"content")] = b"cont"
    report = transfer(contents, source, target)
    assert report.moved == (hash_bytes(b"content"),)
    assert target.objects == source.objects


def test_an_object_that_only_the_target_has_is_not_missed() -> None:
    target, contents = planted([{"a": b"content"}])
    report = transfer(contents, MemoryStore(), target)
    assert report.complete
    assert report.present == 2


def test_a_file_that_looks_like_a_tree_is_moved_as_a_file() -> None:
    absent = TreeEntry("a", "file", hash_bytes(b"nowhere"), 7)
    source, contents = planted([tree_bytes([absent])])
    report = transfer(contents, source, MemoryStore())
    assert report.complete


@pytest.mark.parametrize("size", [0, 3, 6])
def test_an_object_of_more_bytes_than_was_said_is_not_taken(size: int) -> None:
    source, (content,) = planted([b"content"])
    target = MemoryStore()
    report = transfer([content._replace(size=size)], source, target)
    assert report.corrupt == (content.digest,)
    assert target.objects == {}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_ends_it_at_once(number: int) -> None:
    class Full(MemoryStore):
        tries = 0

        def add(self, oid: ObjectId, stream: BinaryIO) -> None:
            self.tries += 1
            raise DiskError("write", "/cache", number)

    source, contents = planted(big_forest())
    target = Full()
    with pytest.raises(DiskError) as caught:
        transfer(contents, source, target, jobs=1)
    assert caught.value.errno == number
    assert target.tries == 1


def test_a_network_that_is_gone_ends_it_soon() -> None:
    class Unreachable(MemoryStore):
        tries = 0

        def add(self, oid: ObjectId, stream: BinaryIO) -> None:
            self.tries += 1
            raise NoConnection("s3://bucket", "http://host", "it cannot be reached")

    source, contents = planted(big_forest())
    target = Unreachable()
    with pytest.raises(NoConnection):
        transfer(contents, source, target, jobs=1)
    assert target.tries == 5


def test_a_network_that_fails_now_and_then_ends_nothing() -> None:
    source, contents = planted(big_forest())
    faults = dict.fromkeys(sorted(source.objects)[::3], "refused")
    report = transfer(contents, Faulty(source, faults), MemoryStore(), jobs=1)
    assert {failure.id for failure in report.failed} | set(report.withheld) >= set(faults)
    assert report.moved


def test_an_exception_of_the_listener_ends_it() -> None:
    def listen(progress: Progress) -> None:
        if progress.objects_done == 3:
            raise KeyError("a bug of the listener")

    source, contents = planted(big_forest())
    target = MemoryStore()
    with pytest.raises(KeyError):
        transfer(contents, source, target, 2, listen)
    assert len(target.objects) < len(source.objects)


def test_a_bug_of_a_store_is_not_a_failure_of_an_object() -> None:
    class Buggy(MemoryStore):
        def add(self, oid: ObjectId, stream: BinaryIO) -> None:
            raise AttributeError("a bug")

    source, contents = planted([b"content"])
    with pytest.raises(AttributeError):
        transfer(contents, source, Buggy())


def test_an_interrupt_ends_an_object_in_the_middle() -> None:
    class Reading(MemoryStore):
        def add(self, oid: ObjectId, stream: BinaryIO) -> None:
            stream.read(1)
            if oid == small:
                raise Interrupt
            while True:
                stream.read(0)  # as a reader whose source is slow

    source, contents = planted([b"small", b"another"])
    small = contents[0].digest
    with pytest.raises(Interrupt):
        transfer(contents, source, Reading(), jobs=2)


def test_nothing_is_soon_done() -> None:
    assert transfer([], MemoryStore(), MemoryStore()) == Report((), 0, 0, (), (), (), ())


def check_round_trip(tmp_path, store) -> None:
    workspace = tmp_path / "workspace"
    (workspace / "sub").mkdir(parents=True)
    for number in range(30):
        (workspace / "sub" / f"{number}").write_bytes(b"%d" % number * number)
    (workspace / "large").write_bytes(bytes(range(256)) * 2000)
    (workspace / "link").symlink_to("large")
    ours, theirs = LocalStore(tmp_path / "ours"), LocalStore(tmp_path / "theirs")
    content = ours.save(workspace)
    pushed = transfer([content], ours, store)
    assert pushed.complete
    assert len(pushed.moved) == 34
    assert transfer([content], ours, store).moved == ()
    pulled = transfer([content], store, theirs)
    assert pulled.complete
    assert pulled.moved == pushed.moved
    assert theirs.has_all(content)
    assert all(theirs.verify(oid) for oid in theirs.ids())
    ours.close()
    theirs.close()


def test_a_push_and_a_pull_by_way_of_a_directory(tmp_path) -> None:
    with DirectoryStore(Remote(f"file://{tmp_path}/remote")) as store:
        check_round_trip(tmp_path, store)


def test_a_push_and_a_pull_by_way_of_a_bucket(tmp_path, bucket: Remote) -> None:
    with S3Store(bucket, part=100_000) as store:
        check_round_trip(tmp_path, store)


class Collected(Far):
    """A remote from which somebody removes what is old while something is added."""

    def add(self, oid: ObjectId, stream: BinaryIO) -> None:
        super().add(oid, stream)
        for gone in self.old & self.objects.keys():
            del self.objects[gone]
        self.old = set()


def test_what_was_removed_while_others_were_sent_is_sent_again() -> None:
    source, (content,) = planted([{"new": b"new", "old": b"old", "below": {"older": b"older"}}])
    target = Collected()
    target.old = {keep(target, b"old").digest, *(keep(target, node).digest for node in (b"older", {"older": b"older"}))}
    report = transfer([content], source, target)
    assert report.complete and report.present == 0 and target.objects == source.objects
    assert len(report.moved) == 5


def test_old_contents_that_a_push_relies_on_are_named_anew() -> None:
    source, contents = planted([b"a file", {"below": b"deep"}, b"sent of late"])
    target = Far()
    transfer(contents, source, target)
    before = dict(target.objects)
    target.old = {contents[0].digest, contents[1].digest, keep(source, b"deep").digest}
    assert transfer(contents, source, target).moved == ()
    (listing,) = target.objects.keys() - before.keys()
    assert {entry.digest for entry in read_tree(target.objects[listing])} == {one.digest for one in contents[:2]}
    assert transfer(contents, source, target).complete and len(target.objects) == len(before) + 1
    target.old = set()
    del target.objects[listing]
    transfer(contents, source, target)
    assert target.objects == before
