"""A tree has one form; whatever else is read is refused."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_cache import InvalidTree, ObjectId, TreeEntry, hash_bytes, read_tree, tree_bytes
from pivot_cache.tree import link_rise, sort_entries, total_size

ID = ObjectId("a" * 64)

names = (
    st.binary(min_size=1, max_size=255)
    .map(lambda data: data.replace(b"/", b"_").replace(b"\0", b"_"))
    .filter(lambda data: data not in (b".", b".."))
    .map(os.fsdecode)
)
entries = st.builds(
    TreeEntry,
    names,
    st.sampled_from(["file", "executable", "link", "directory"]),
    st.binary(max_size=8).map(hash_bytes),
    st.integers(0, 2**63 - 1),
)
trees = st.lists(entries, max_size=12, unique_by=lambda entry: entry.name)


@given(trees)
def test_round_trip(listed):
    data = tree_bytes(listed)
    again = read_tree(data)
    assert set(again) == set(listed)
    assert [os.fsencode(entry.name) for entry in again] == sorted(os.fsencode(entry.name) for entry in listed)
    assert tree_bytes(again) == data


@given(trees, st.randoms(use_true_random=False))
def test_order_of_entries_does_not_matter(listed, dice: random.Random):
    shuffled = listed[:]
    dice.shuffle(shuffled)
    assert tree_bytes(shuffled) == tree_bytes(listed)


@given(trees, trees)
def test_different_trees_have_different_bytes(one, other):
    assert (tree_bytes(one) == tree_bytes(other)) == (set(one) == set(other))


@given(trees, st.data())
def test_any_other_bytes_are_refused_or_another_tree(listed, data):
    good = tree_bytes(listed)
    position = data.draw(st.integers(0, len(good) - 1))
    changed = bytearray(good)
    changed[position] ^= data.draw(st.integers(1, 255))
    try:
        found = read_tree(bytes(changed))
    except InvalidTree:
        return
    assert tree_bytes(found) == bytes(changed)


@given(st.binary(max_size=300), st.booleans())
def test_rubbish_is_refused(data, begins_well):
    rubbish = b'{"pivot-tree":1,"entries":[' + data if begins_well else data
    try:
        found = read_tree(rubbish)
    except InvalidTree:
        return
    assert tree_bytes(found) == rubbish


def test_the_form():
    listed = [
        TreeEntry("b", "directory", ID, 7),
        TreeEntry("a.txt", "file", ID, 12),
        TreeEntry('é\n"\\\x01', "link", ID, 1),
        TreeEntry(os.fsdecode(b"\xffA"), "executable", ID, 0),
    ]
    assert tree_bytes(listed).decode() == (
        '{"pivot-tree":1,"entries":[\n'
        f'["a.txt","file","{ID}",12],\n'
        f'["b","directory","{ID}",7],\n'
        f'["é\\n\\"\\\\\\u0001","link","{ID}",1],\n'
        f'[{{"hex":"ff41"}},"executable","{ID}",0]\n'
        "]}\n"
    )
    assert tree_bytes([]) == b'{"pivot-tree":1,"entries":[\n]}\n'


def raw(*rows):
    return b'{"pivot-tree":1,"entries":[\n' + b",\n".join(row.encode() for row in rows) + b"\n]}\n"


A = f'["a","file","{ID}",1]'
B = f'["b","file","{ID}",1]'

HOSTILE = {
    "parent": raw(f'["..","directory","{ID}",1]'),
    "repository": raw(f'[".git","directory","{ID}",1]'),
    "repository where case does not count": raw(f'[".GIT","file","{ID}",1],\n["ü","file","{ID}",1]'),
    "itself": raw(f'[".","directory","{ID}",1]'),
    "no name": raw(f'["","file","{ID}",1]'),
    "slash": raw(f'["a/b","file","{ID}",1]'),
    "absolute": raw(f'["/etc/passwd","file","{ID}",1]'),
    "nul": raw(f'["a\\u0000","file","{ID}",1]'),
    "nul in hex": raw(f'[{{"hex":"ff00"}},"file","{ID}",1]'),
    "slash in hex": raw(f'[{{"hex":"ff2f"}},"file","{ID}",1]'),
    "needless hex": raw(f'[{{"hex":"61"}},"file","{ID}",1]'),
    "upper hex": raw(f'[{{"hex":"FF"}},"file","{ID}",1]'),
    "hex with more": raw(f'[{{"hex":"ff","x":1}},"file","{ID}",1]'),
    "bad hex": raw(f'[{{"hex":"fx"}},"file","{ID}",1]'),
    "lone surrogate": raw(f'["\\udcff","file","{ID}",1]'),
    "256 bytes": raw(f'["{"n" * 256}","file","{ID}",1]'),
    "twice": raw(A, A),
    "wrong order": raw(B, A),
    "unknown kind": raw(f'["a","device","{ID}",1]'),
    "kind is a list": raw(f'["a",["file"],"{ID}",1]'),
    "upper digest": raw(f'["a","file","{ID.upper()}",1]'),
    "short digest": raw(f'["a","file","{ID[:63]}",1]'),
    "path as digest": raw(f'["a","file","../../../../etc/passwd{"0" * 42}",1]'),
    "digest is null": raw('["a","file",null,1]'),
    "negative size": raw(f'["a","file","{ID}",-1]'),
    "huge size": raw(f'["a","file","{ID}",9223372036854775808]'),
    "size is text": raw(f'["a","file","{ID}","1"]'),
    "size is true": raw(f'["a","file","{ID}",true]'),
    "size is real": raw(f'["a","file","{ID}",1.0]'),
    "name is number": raw(f'[1,"file","{ID}",1]'),
    "name is null": raw(f'[null,"file","{ID}",1]'),
    "too few fields": raw(f'["a","file","{ID}"]'),
    "too many fields": raw(f'["a","file","{ID}",1,2]'),
    "row is text": raw('"abcd"'),
    "row is an object": raw('{"a":1,"b":2,"c":3,"d":4}'),
    "escaped": raw(f'["\\u0061","file","{ID}",1]'),
    "space": raw(f'["a", "file","{ID}",1]'),
    "one line": raw(A, B).replace(b",\n", b","),
    "no end": raw(A)[:-1],
    "more after": raw(A) + b"\n",
    "format 2": raw(A).replace(b":1,", b":2,", 1),
    "other key": raw(A).replace(b'"entries"', b'"entrees"'),
    "third key": raw(A).replace(b"\n]}", b'\n],"x":1}'),
    "entries twice": raw(A).replace(b"\n]}", b'\n],"entries":[]}'),
    "entries is a number": b'{"pivot-tree":1,"entries":1}\n',
    "deep": b'{"pivot-tree":1,"entries":[' + b"[" * 100_000,
    "not UTF-8": raw(A).replace(b'"a"', b'"\xff"'),
    "byte order mark": b"\xef\xbb\xbf" + raw(A),
    "empty": b"",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_tree_is_refused(data):
    with pytest.raises(InvalidTree) as caught:
        read_tree(data, "the-id")
    assert caught.value.id == "the-id"


def test_the_hostile_ones_differ_from_a_good_one_only_in_what_they_say():
    assert [entry.name for entry in read_tree(raw(A, B))] == ["a", "b"]


@pytest.mark.parametrize(
    "entry",
    [
        TreeEntry("..", "file", ID, 1),
        TreeEntry("a/b", "file", ID, 1),
        TreeEntry("", "file", ID, 1),
        TreeEntry("\ud800", "file", ID, 1),
        TreeEntry("a", "socket", ID, 1),
        TreeEntry("a", "file", ObjectId("x"), 1),
        TreeEntry("a", "file", ID, -1),
    ],
)
def test_what_could_not_be_read_is_not_written(entry):
    with pytest.raises(InvalidTree):
        tree_bytes([entry])


def test_one_name_twice_is_not_written():
    with pytest.raises(InvalidTree):
        tree_bytes([TreeEntry("a", "file", ID, 1), TreeEntry("a", "link", ID, 1)])


def test_order_is_that_of_bytes_not_of_code_points():
    low, high = os.fsdecode(b"\xf0\x9f\x98\x80"), os.fsdecode(b"\xff")  # U+1F600 and an odd byte, which is U+DCFF
    assert low > high
    assert [entry.name for entry in sort_entries([TreeEntry(n, "file", ID, 0) for n in (high, low)])] == [low, high]


def test_size_of_a_directory_is_that_of_its_files():
    listed = [TreeEntry("a", "file", ID, 1), TreeEntry("b", "link", ID, 10), TreeEntry("c", "directory", ID, 100)]
    assert total_size(listed) == 101


@pytest.mark.parametrize(
    ("target", "rise"),
    [
        ("a", 0),
        ("a/b", 0),
        ("./a", 0),
        (".", 0),
        ("a//b/", 0),
        ("..", 1),
        ("../a", 1),
        (".././../a", 2),
        ("a/..", None),
        ("../a/../b", None),
        ("/", None),
        ("/a", None),
        ("", None),
        ("a\0b", None),
        ("..a", 0),
    ],
)
def test_how_far_a_link_climbs(target, rise):
    assert link_rise(target) == rise
