"""The lock file: a round trip, a canonical form, and distrust of everything else."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.lock import Lock, Output, decode, encode, lock_path, read_lock, to_json, write_lock
from pivot.record import Damaged, format_record, seal
from pivot_cache import Content, ObjectId, hash_bytes
from pivot_cache.repository import is_repository

digests = st.text("0123456789abcdef", min_size=64, max_size=64).map(ObjectId)
names = st.text(st.characters(codec="utf-8", exclude_characters="/\0\n\r"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..", ".pivot") and not is_repository(name)
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
contents = st.builds(Content, st.sampled_from(["file", "directory", "executable"]), digests, st.integers(0, 2**50))
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)
locks = st.builds(
    Lock,
    st.text(min_size=1, max_size=10),
    st.integers(1, 9),
    st.dictionaries(st.tuples(names, st.text(max_size=9), st.text(max_size=9)).map(":".join), digests),
    st.lists(st.text(max_size=20)).map(tuple),
    st.dictionaries(st.text(max_size=20), st.text(max_size=10)),
    st.none() | st.dictionaries(st.text(), json),
    st.dictionaries(paths, contents),
    st.dictionaries(paths, st.none() | digests),
    st.dictionaries(st.text(), st.none() | digests),
    st.dictionaries(paths, st.builds(Output, contents, st.sampled_from(["out", "metric"]))),
)
DIGEST = ObjectId("ab" * 32)
LOCK = Lock(
    "train",
    1,
    {"func:m:f": DIGEST},
    (),
    {"python": "3.13"},
    {"depth": 3},
    {"data.csv": Content("file", DIGEST, 5)},
    {},
    {},
    {"model.bin": Output(Content("file", DIGEST, 7), "out")},
)


@given(locks)
def test_what_is_written_is_read(lock: Lock) -> None:
    assert decode(encode(lock)) == lock


def test_what_a_stage_read_may_have_any_name() -> None:
    lock = LOCK._replace(reads={os.fsdecode(b"in/\xff\n"): DIGEST, "in/a\nb": DIGEST, "in/": None})
    assert decode(encode(lock)) == lock
    assert b'"/696e2fff0a"' in encode(lock)
    with pytest.raises(ValueError, match="not a path inside the project"):
        decode(format_record(seal(from_hex(".git/x"))))


@pytest.mark.parametrize("path", ["../x", "../../x/", "../x/.", "../", "/data/x", "/data/", "/data/\udce9"])
def test_what_a_stage_read_may_lie_outside(path: str) -> None:
    lock = LOCK._replace(reads={path: DIGEST})
    assert decode(encode(lock)) == lock


@pytest.mark.parametrize("path", ["a/../x", "../a/../x", "/a/../x", "/", "//", "/a//b", ".", "/."])
def test_what_a_stage_read_has_one_name(path: str) -> None:
    with pytest.raises(ValueError, match="not a path inside the project"):
        decode(encode(LOCK._replace(reads={path: None})))


def from_hex(path: str) -> dict[str, Any]:
    """A lock, as data without its seal, that says that a stage read a path which is written as if it were no text."""
    body = to_json(LOCK)
    del body["self"]
    return body | {"reads": {"/" + path.encode().hex(): None}}


@given(locks)
def test_equal_locks_are_equal_bytes_whatever_the_order_of_insertion(lock: Lock) -> None:
    turned = lock._replace(parts=dict(reversed(lock.parts.items())), inputs=dict(reversed(lock.inputs.items())))
    assert encode(turned) == encode(lock)


def test_one_fact_a_line_sorted_and_closed_by_a_newline() -> None:
    text = encode(LOCK).decode()
    assert text.startswith('{\n  "code": {\n') and text.endswith("}\n")
    assert list(orjson.loads(text)) == sorted(orjson.loads(text))


def resign(body: dict[str, Any]) -> bytes:
    body.pop("self")
    body["self"] = hash_bytes(orjson.dumps(body, option=orjson.OPT_SORT_KEYS))
    return orjson.dumps(body)


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../x", "a/../../x", ".git/config", ".pivot/x", "a//b", "", "a\0b", "./a", "a/.GIT/hooks/x"),
        *("git~1/hooks/x", ".g\u200cit/config", ".git /config", ".PIVOT/x", "ü" * 128, "d/" * 2050 + "x"),
    ],
    ids=lambda path: ascii(path)[:20],
)
def test_a_path_out_of_the_project_is_refused_even_when_the_digest_fits(path: str) -> None:
    body = to_json(LOCK)
    body["outputs"] = {path: body["outputs"]["model.bin"]}
    with pytest.raises(ValueError, match="not a path inside the project"):
        decode(resign(body))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stage", 3),
        ("params", []),
        ("inputs", []),
        ("outputs", {"x": {"kind": "fifo", "digest": DIGEST, "size": 1, "as": "out"}}),
        ("outputs", {"x": {"kind": "file", "digest": "AB", "size": 1, "as": "out"}}),
        ("outputs", {"x": {"kind": "file", "digest": DIGEST, "size": -1, "as": "out"}}),
        ("outputs", {"x": {"kind": "file", "digest": DIGEST, "size": 1, "as": "other"}}),
        ("code", {"scheme": True, "parts": {}, "observed": []}),
        ("code", None),
        ("env", {"A": 1}),
        ("extra", 1),
    ],
)
def test_any_other_schema_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValueError):
        decode(resign(to_json(LOCK) | {key: value}))


def test_an_edit_by_hand_or_a_merge_is_noticed() -> None:
    with pytest.raises(ValueError, match="digest does not fit"):
        decode(encode(LOCK).replace(b'"depth": 3', b'"depth": 4'))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 2}', b"[" * 100_000])
def test_garbage_is_damage_and_never_raises(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.write_bytes(data)
    assert isinstance(read_lock(path, "a"), Damaged)


def test_no_file_is_no_record(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "a.lock", "a") is None


def test_a_record_under_another_name_is_damage(tmp_path: Path) -> None:
    write_lock(tmp_path / "other.lock", LOCK)
    assert isinstance(read_lock(tmp_path / "other.lock", "other"), Damaged)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    write_lock(tmp_path / "real.lock", LOCK)
    (tmp_path / "train.lock").symlink_to("real.lock")
    assert isinstance(read_lock(tmp_path / "train.lock", "train"), Damaged)


def test_a_pipeline_below_the_root_has_its_own_directory_of_locks(tmp_path: Path) -> None:
    assert lock_path(tmp_path, ".", "a") == tmp_path / "stages/a.lock"
    assert lock_path(tmp_path, "sub", "a") == tmp_path / "stages/sub/a.lock"


# Whatever somebody writes there ---------------------------------------------------------------------------------------

edits = st.lists(
    st.tuples(
        st.sampled_from(["flip", "insert", "delete", "cut", "repeat"]), st.integers(0, 2000), st.binary(max_size=8)
    ),
    max_size=6,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | digests,
    lambda x: (
        st.lists(x, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["kind", "digest", "size", "as"]), x)
    ),
    max_leaves=12,
)


def mangle(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for what, place, text in changes:
        at = place % (len(data) + 1)
        match what:
            case "flip":
                data = data[:at] + bytes(byte ^ 0x55 for byte in data[at : at + 1]) + data[at + 1 :]
            case "insert":
                data = data[:at] + text + data[at:]
            case "delete":
                data = data[:at] + data[at + len(text) :]
            case "cut":
                data = data[:at]
            case "repeat":
                data = data[:at] + data
    return data


def paths_of(lock: Lock) -> list[str]:
    return [*lock.inputs, *lock.outputs]


def holds_to_its_rules(data: bytes) -> None:
    try:
        lock = decode(data)
    except ValueError:
        return
    for path in paths_of(lock):
        parts = path.rstrip("/").split("/")
        assert not path.startswith("/") and ".." not in parts and parts[0] not in (".git", ".pivot")
    assert decode(encode(lock)) == lock


@given(locks, edits)
def test_no_damage_makes_a_reader_fail(lock: Lock, changes: list[tuple[str, int, bytes]]) -> None:
    holds_to_its_rules(mangle(encode(lock), changes))


@given(st.binary(max_size=200))
def test_no_garbage_makes_a_reader_fail(data: bytes) -> None:
    holds_to_its_rules(data)


@given(st.sampled_from(sorted(to_json(LOCK))), anything)
def test_no_value_makes_a_reader_fail_though_the_digest_fits(key: str, value: Any) -> None:
    try:
        holds_to_its_rules(resign(to_json(LOCK) | {key: value}))
    except TypeError:
        return  # JSON has no form for it


@given(st.text() | paths, anything)
def test_no_output_makes_a_reader_fail_though_the_digest_fits(path: str, row: Any) -> None:
    good = to_json(LOCK)["outputs"]["model.bin"]
    for value in (row, good | {"size": row}, good | {"kind": row}, good | {"digest": row}):
        try:
            holds_to_its_rules(resign(to_json(LOCK) | {"outputs": {path: value}}))
        except TypeError:
            continue
