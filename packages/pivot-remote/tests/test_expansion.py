import pytest

from pivot_cache import Content, InvalidTree, MemoryStore, ObjectCorrupt, ObjectId, ObjectMissing, TreeEntry, tree_bytes
from pivot_remote import NotS3
from pivot_remote.crew import Crew
from pivot_remote.expansion import Expansion, expand
from pivot_remote.store import There


class Far(MemoryStore):
    """A remote store in memory."""

    address = "memory"
    files = None
    reads = 0

    def sizes(self, ids):
        return {oid: len(self.objects[oid]) for oid in ids if oid in self.objects}

    def look(self) -> None:
        pass

    def find(self, ids, before):
        return There(self.sizes(ids), set())

    def close(self) -> None:
        pass

    def read(self, oid: ObjectId) -> bytes:
        self.reads += 1
        return super().read(oid)


def file_of(store: MemoryStore, data: bytes) -> Content:
    return Content("file", store.add_bytes(data), len(data))


def tree_of(store: MemoryStore, **entries: Content) -> Content:
    oid = store.add_bytes(tree_bytes(TreeEntry(name, *content) for name, content in entries.items()))
    return Content("directory", oid, sum(content.size for content in entries.values()))


def expanded(source: MemoryStore, target: MemoryStore, *contents: Content) -> Expansion:
    return expand(contents, source, target, Crew(2))


def sample(store: MemoryStore) -> tuple[Content, Content, Content]:
    leaf = file_of(store, b"leaf")
    inner = tree_of(store, leaf=leaf, link=Content("link", store.add_bytes(b"leaf"), 4))
    return leaf, inner, tree_of(store, inner=inner, twice=inner, tool=Content("executable", store.add_bytes(b"x"), 1))


def test_a_directory_is_all_that_is_below_it() -> None:
    source = MemoryStore()
    leaf, inner, top = sample(source)
    found = expanded(source, MemoryStore(), top)
    assert found.sizes == {oid: len(data) for oid, data in source.objects.items()}
    assert set(found.children) == {inner.digest, top.digest}
    assert found.children[inner.digest] == (leaf.digest,)
    assert found.unread == {}


def test_files_are_not_opened() -> None:
    source = MemoryStore()
    content = file_of(source, tree_bytes([]))  # a file that looks like a tree is a file
    source.objects.clear()
    assert expanded(source, MemoryStore(), content).sizes == {content.digest: content.size}


def test_levels_are_children_first() -> None:
    source = MemoryStore()
    _, inner, top = sample(source)
    above = tree_of(source, a=top, b=inner)
    assert list(expanded(source, MemoryStore(), above).levels()) == [[inner.digest], [top.digest], [above.digest]]


def test_trees_are_read_where_they_are_near() -> None:
    near, far = MemoryStore(), Far()
    _, _, top = sample(near)
    far.objects.update(near.objects)
    assert expanded(near, far, top).fetched == {}
    assert expanded(far, near, top).fetched == {}
    assert far.reads == 0


def test_trees_from_afar_are_kept() -> None:
    near, far = MemoryStore(), Far()
    _, inner, top = sample(far)
    near.objects[top.digest] = far.objects[top.digest]
    assert expanded(far, near, top).fetched == {inner.digest: far.objects[inner.digest]}
    assert far.reads == 1


def test_a_damaged_tree_is_read_from_the_other_store() -> None:
    one, other = MemoryStore(), MemoryStore()
    _, inner, top = sample(one)
    other.objects.update(one.objects)
    one.objects[inner.digest] = b"damaged"
    assert expanded(one, other, top).unread == {}
    other.objects[inner.digest] = b"damaged"
    found = expanded(one, other, top)
    assert set(found.unread) == {inner.digest}
    assert isinstance(found.unread[inner.digest], ObjectCorrupt)


def test_a_tree_that_nobody_has() -> None:
    source = MemoryStore()
    _, inner, top = sample(source)
    del source.objects[inner.digest]
    found = expanded(source, MemoryStore(), top)
    assert isinstance(found.unread[inner.digest], ObjectMissing)
    assert set(found.children) == {top.digest}


def test_what_is_no_tree() -> None:
    source = MemoryStore()
    oid = source.add_bytes(b"no tree")
    found = expanded(source, MemoryStore(), Content("directory", oid, 0))
    assert isinstance(found.unread[oid], InvalidTree)
    assert found.sizes == {}


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pivot_remote.expansion.ENTRY_LIMIT", 4)
    source = MemoryStore()
    _, inner, top = sample(source)  # five entries in all
    found = expanded(source, MemoryStore(), top)
    assert set(found.unread) == {inner.digest}
    assert "more than 4 entries" in str(found.unread[inner.digest])


def test_two_sizes_for_one_object() -> None:
    oid = MemoryStore().add_bytes(b"12345")
    contents = [Content("file", oid, size) for size in (3, 5, 4)]
    assert expanded(MemoryStore(), MemoryStore(), *contents).sizes == {oid: 5}


def test_a_remote_that_is_unusable_ends_it() -> None:
    class Broken(MemoryStore):
        def read(self, oid: ObjectId) -> bytes:
            raise NotS3("s3://bucket", "http://host", "HTTP 404")

    source = MemoryStore()
    with pytest.raises(NotS3):
        expanded(Broken(), MemoryStore(), sample(source)[2])
