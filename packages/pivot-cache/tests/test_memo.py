"""The stat memo believes a digest while the stamp is the same."""

import pytest

from pivot_cache import State, hash_bytes
from pivot_cache.memo import Memo
from pivot_cache.stamp import STAMP_SIZE

ONE, TWO = b"1" * STAMP_SIZE, b"2" * STAMP_SIZE
DIGEST = hash_bytes(b"x")


@pytest.mark.parametrize("with_state", [True, False])
def test_find_what_was_noted(state, with_state):
    memo = Memo(state if with_state else None, "file")
    assert memo.find(b"k", ONE) is None
    memo.note(b"k", ONE, DIGEST)
    assert memo.find(b"k", ONE) == DIGEST
    assert memo.find(b"k", TWO) is None
    assert memo.find(b"j", ONE) is None


def test_another_process_finds_it(tmp_path):
    with State(tmp_path / "s") as state:
        Memo(state, "file").note(b"k", ONE, DIGEST)
    with State(tmp_path / "s") as state:
        assert Memo(state, "file").find(b"k", ONE) == DIGEST
        assert Memo(state, "object").find(b"k", ONE) is None


def test_many_questions_are_one_query(tmp_path, monkeypatch):
    digests = {b"%d" % number: hash_bytes(b"%d" % number) for number in range(100)}
    with State(tmp_path / "s") as state:
        memo = Memo(state, "file")
        for key, digest in digests.items():
            memo.note(key, ONE, digest)
    with State(tmp_path / "s") as state:
        single = []
        get = state.get
        monkeypatch.setattr(state, "get", lambda *key: single.append(key) or get(*key))
        memo = Memo(state, "file")
        assert {key: memo.find(key, ONE) for key in digests} == digests
        assert len(single) < 20


@pytest.mark.parametrize("fact", [b"", b"short", ONE, ONE + b"d" * 31, ONE + b"d" * 33])
def test_a_fact_of_another_length_is_none(state, fact):
    state.put("file", b"k", fact)
    assert Memo(state, "file").find(b"k", ONE) is None


def test_whether_anything_was_noted(state):
    memo = Memo(state, "file")
    assert not memo.knows(b"k")
    memo.note(b"k", ONE, DIGEST)
    assert memo.knows(b"k")
    assert Memo(state, "file").knows(b"k")
    assert not memo.knows(b"j")
