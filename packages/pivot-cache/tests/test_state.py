"""The state remembers for other processes, and nothing that happens to its file is ever an error."""

import os
import sqlite3
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_cache import State
from pivot_cache.state import FORMAT, seal, unseal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


def remembered(path, space="s", key="k"):
    with State(path) as state:
        return state.get(space, key)


def fill(path, value=b"v"):
    with State(path) as state:
        state.put("s", "k", value)


def test_put_get_and_after_closing(path):
    with State(path) as state:
        assert state.get("s", "k") is None
        state.put("s", "k", b"one")
        state.put("other", "k", b"other")
        assert state.get("s", "k") == b"one"
        state.flush()
        state.put("s", "k", b"two")
        assert state.get("s", "k") == b"two"
    assert remembered(path) == b"two"
    assert remembered(path, "other") == b"other"


@pytest.mark.parametrize("key", ["", "é\n", "\udcff", b"\xff\0", "k" * 5000])
@pytest.mark.parametrize("value", [b"", b"\0", b"large" * 300_000])
def test_any_key_and_value(path, key, value):
    with State(path) as state:
        state.put("s", key, value)
    assert remembered(path, key=key) == value


def test_a_whole_space(path):
    with State(path) as state:
        state.put("s", "a", b"1")
        state.flush()
        state.put("s", "b", b"2")
        state.put("t", "c", b"3")
        found = state.get_all("s")
        assert {key: unseal("s", key, value) for key, value in found.items()} == {b"a": b"1", b"b": b"2"}


def test_reading_makes_no_file_and_changes_none(path):
    assert remembered(path) is None
    State(path).get_all("s")
    assert not path.exists()
    fill(path)
    before = os.stat(path)
    assert remembered(path) == b"v"
    with State(path) as state:
        state.flush()
    after = os.stat(path)
    assert (after.st_mtime_ns, after.st_ino, after.st_size) == (before.st_mtime_ns, before.st_ino, before.st_size)
    assert os.listdir(path.parent) == ["state.db"]


def garbage(path):
    path.write_bytes(b"garbage" * 1000)


def truncated(path):
    os.truncate(path, os.stat(path).st_size // 2)


def emptied(path):
    path.write_bytes(b"")


def overwritten_after_its_header(path):
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(os.urandom(os.stat(path).st_size - 100))


def of_another_format(path):
    with sqlite3.connect(path) as connection:
        connection.execute(f"pragma user_version = {FORMAT + 1}")
    connection.close()


def of_another_program(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("create table fact (something text)")
        connection.execute(f"pragma user_version = {FORMAT}")
    connection.close()


def without_its_table(path):
    with sqlite3.connect(path) as connection:
        connection.execute("drop table fact")
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        garbage,
        truncated,
        emptied,
        overwritten_after_its_header,
        of_another_format,
        of_another_program,
        without_its_table,
        os.unlink,
    ],
)
def test_a_file_that_is_no_use_is_made_anew(path, damage):
    fill(path, b"v" * 10_000)
    damage(path)
    assert remembered(path) in (None, b"v" * 10_000)
    fill(path, b"new")
    fill(path, b"new")  # the first may only have noticed
    assert remembered(path) == b"new"


def test_damage_while_it_is_open(path):
    fill(path)
    with State(path) as state:
        assert state.get("s", "k") == b"v"
        garbage(path)
        state.put("s", "j", b"w")
        state.flush()
        assert state.get("s", "j") == b"w"
    fill(path)
    assert remembered(path) == b"v"


def test_a_damaged_value_is_absent(path):
    fill(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("update fact set value = ?", (b"w" + seal("s", b"k", b"v")[1:],))
    connection.close()
    assert remembered(path) is None


def test_a_value_under_another_key_is_absent(path):
    fill(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("update fact set key = ?", (b"j",))
    connection.close()
    assert remembered(path, key="j") is None


@given(st.binary(max_size=20))
def test_only_what_was_sealed_is_unsealed(value):
    sealed = seal("s", b"k", value)
    assert unseal("s", b"k", sealed) == value
    assert unseal("t", b"k", sealed) is None
    assert unseal("s", b"j", sealed) is None
    assert unseal("s", b"k", sealed[:-1]) is None
    assert unseal("s", b"k", None) is None
    assert unseal("s", b"k", "text") is None


@pytest.mark.parametrize("kind", ["missing", "directory", "file above"])
def test_where_nothing_can_be_written_memory_remembers(tmp_path, kind):
    path = tmp_path / "no" / "state.db"
    if kind == "directory":
        path.mkdir(parents=True)
    if kind == "file above":
        path.parent.write_text("")
    with State(path) as state:
        state.put("s", "k", b"v")
        state.flush()
        assert state.get("s", "k") == b"v"
        assert set(state.get_all("s")) == {b"k"}
    assert not path.is_file()


def test_a_file_that_can_only_be_read(path, monkeypatch):
    fill(path)
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda name, **options: connect(f"file:{name}?mode=ro", uri=True, **options)
    )
    with State(path) as state:
        assert state.get("s", "k") == b"v"
        state.put("s", "k", b"w")
        state.flush()
        assert state.get("s", "k") == b"w"
    monkeypatch.undo()
    assert remembered(path) == b"v"


def test_a_file_that_another_process_writes_all_the_time(path, monkeypatch):
    fill(path)
    monkeypatch.setattr("pivot_cache.state._BUSY_SECONDS", 0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin exclusive")
    with State(path) as state:
        assert state.get("s", "k") is None
        monkeypatch.setattr(state, "_connect", lambda: pytest.fail("asked, and waited, once more"))
        for _ in range(10):
            assert state.get("s", "k") is None
        monkeypatch.undo()
        state.put("s", "k", b"w")
        state.flush()
        assert state.get("s", "k") == b"w"
        other.execute("rollback")
        other.close()
    assert remembered(path) == b"w"


WRITE = """
import sys
import pivot_cache.state
from pivot_cache import State
pivot_cache.state._BUSY_SECONDS = 50  # nobody goes away because another one is stopped
path, name = sys.argv[1:]
for round in range(20):
    with State(path) as state:
        for key in range(20):
            state.put("s", f"{name}-{key}", f"{name} {round}".encode())
"""


def test_several_processes_write_at_once(path, python):
    writers = [python(WRITE, path, name) for name in "abc"]
    for writer in writers:
        assert writer.wait(60) == 0, writer.stderr.read()
    with State(path) as state:
        found = {name: {state.get("s", f"{name}-{key}") for key in range(20)} for name in "abc"}
    # Whoever found the file damaged would have made it anew, and lost what the others wrote.
    assert found == {name: {f"{name} 19".encode()} for name in "abc"}


KILL = """
import os, sys
from pivot_cache import State
state = State(sys.argv[1])
for round in range(1000):
    for key in range(50):
        state.put("s", str(key), str(round).encode() * 2000)
    state.flush()
    print(round, flush=True)
"""


def test_a_writer_that_is_killed_leaves_whole_values(path, python):
    fill(path)
    writer = python(KILL, path)
    for _ in range(3):
        writer.stdout.readline()
    writer.kill()
    writer.wait()
    with State(path) as state:
        assert state.get("s", "k") == b"v"
        rounds = {state.get("s", str(key)) for key in range(50)}
    assert len(rounds) == 1
    assert None not in rounds


def test_a_file_that_grew_too_large_is_made_anew(path, monkeypatch):
    fill(path)
    monkeypatch.setattr("pivot_cache.state.SIZE_LIMIT", 0)
    with State(path) as state:
        state.put("s", "j", b"w")
    monkeypatch.undo()
    assert remembered(path) is None
    assert remembered(path, key="j") == b"w"


def test_the_file_is_for_its_owner_to_read_and_write(path):
    fill(path)
    assert stat.S_IMODE(os.stat(path).st_mode) & 0o600 == 0o600
