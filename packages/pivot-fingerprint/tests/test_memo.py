"""What a memo keeps it gives back, for as long as the process lives."""

from pathlib import Path

import blake3
import pytest

from pivot_fingerprint.memo import PlainMemo


@pytest.mark.parametrize("content", [b"", b"X = 1\n", b"\xff\0"])
def test_digest_of_the_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.py").write_bytes(content)
    assert PlainMemo().digest(str(tmp_path / "a.py")) == blake3.blake3(content).hexdigest()


def test_no_file_no_digest(tmp_path: Path) -> None:
    memo = PlainMemo()
    assert memo.digest(str(tmp_path / "none.py")) is None
    assert memo.digest(str(tmp_path)) is None


def test_one_look_at_each_file(tmp_path: Path) -> None:
    there, missing = tmp_path / "a.py", tmp_path / "b.py"
    there.write_text("X = 1\n")
    memo = PlainMemo()
    first = memo.digest(str(there)), memo.digest(str(missing))
    there.write_text("X = 2\n")
    missing.touch()
    assert (memo.digest(str(there)), memo.digest(str(missing))) == first
    assert PlainMemo().digest(str(there)) != first[0]


def test_what_was_put_last_is_there() -> None:
    memo = PlainMemo()
    assert memo.get("a") is None
    memo.put("a", b"1")
    memo.put("b", b"2")
    memo.put("a", b"")
    assert (memo.get("a"), memo.get("b")) == (b"", b"2")
    assert PlainMemo().get("a") is None
