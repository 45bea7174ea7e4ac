"""Everything that a listing names is reached, damaged or not."""

import os

from pivot_cache import LocalStore, TreeEntry, hash_bytes, tree_bytes
from pivot_cache.reach import reach


def keep_tree(store: LocalStore, **files: tuple[str, str]):
    return store.add_bytes(tree_bytes(TreeEntry(name, kind, oid, 1) for name, (kind, oid) in files.items()))


def test_a_directory_and_all_below(store):
    one, two, alone = (store.add_bytes(text) for text in (b"1", b"2", b"3"))
    below = keep_tree(store, two=("executable", two), gone=("directory", hash_bytes(b"gone")))
    top = keep_tree(store, one=("file", one), below=("directory", below), link=("link", alone))
    assert reach([top], store.peek) == {top, one, below, two, alone, hash_bytes(b"gone")}
    assert reach([alone], store.peek) == {alone}
    assert reach([], store.peek) == set()


def test_a_file_that_looks_like_a_listing_is_not_read_as_one_inside_a_directory(store):
    one = store.add_bytes(b"1")
    text = store.add_bytes(tree_bytes([TreeEntry("one", "file", one, 1)]))
    top = keep_tree(store, text=("file", text))
    assert reach([top], store.peek) == {top, text}


def test_a_damaged_listing_still_keeps_what_it_names(store):
    oids = [store.add_bytes(b"%d" % number) for number in range(3)]
    top = keep_tree(store, **{f"f{number}": ("file", oid) for number, oid in enumerate(oids)})
    data = store.read(top)
    place = data.index(oids[1].encode())
    os.chmod(store.path(top), 0o644)
    with open(store.path(top), "wb") as file:
        file.write(data[:place] + b"x" + data[place + 1 :])
    assert reach([top], store.peek) == {top, oids[0], oids[2]}
