"""Records are sealed; whatever is not exactly one is refused with a reason."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from pivot.bounded import SIZE_LIMIT
from pivot.record import Damaged, check_seal, format_record, read_bytes, read_content, read_path, read_seen_path, seal

DIGEST = "ab" * 32


def test_a_seal_fits_its_record_and_no_other() -> None:
    sealed = orjson.loads(format_record(seal({"format": 1, "stage": "train"})))
    assert check_seal(dict(sealed), "a lock file") == {"format": 1, "stage": "train"}
    with pytest.raises(ValueError, match="a merge or an edit by hand"):
        check_seal(sealed | {"stage": "other"}, "a lock file")
    with pytest.raises(ValueError, match="not a lock file of format 1"):
        check_seal(seal({"format": 2}), "a lock file")
    with pytest.raises(ValueError, match="not a lock file"):
        check_seal([], "a lock file")


def test_a_file_is_bytes_or_absent_or_damaged(tmp_path: Path) -> None:
    file = tmp_path / "one.lock"
    assert read_bytes(file) is None
    assert read_bytes(tmp_path / ("x" * 256)) is None
    file.write_bytes(b"{}")
    assert read_bytes(file) == b"{}"
    (tmp_path / "link").symlink_to(file)
    assert isinstance(read_bytes(tmp_path / "link"), Damaged)
    os.mkfifo(tmp_path / "fifo")
    assert isinstance(read_bytes(tmp_path / "fifo"), Damaged)  # at once: nobody waits for a writer
    assert isinstance(read_bytes(tmp_path), Damaged)
    os.truncate(file, SIZE_LIMIT + 1)
    assert read_bytes(file) == Damaged(f"{file} is larger than 16 MiB")


@pytest.mark.parametrize("path", ["a", "a/b", "a/", "a b", "…", "-f", ".gitignore", "x" * 255])
def test_a_path_inside(path: str) -> None:
    assert read_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "/a", "a//b", "../a", "a/../b", "./a", ".git/config", ".pivot/cache", "a\0b", "a\nb", "a\rb", 3, None],
)
def test_a_path_that_could_lead_elsewhere(path: Any) -> None:
    with pytest.raises(ValueError):
        read_path(path)


@pytest.mark.parametrize(
    "change",
    [{"kind": "fifo"}, {"digest": "ab"}, {"digest": DIGEST.upper()}, {"digest": None}, {"size": -1}, {"size": True}],
)
def test_a_content_is_exact(change: dict[str, Any]) -> None:
    row = {"kind": "file", "digest": DIGEST, "size": 3}
    assert read_content(row) == ("file", DIGEST, 3)
    with pytest.raises(ValueError):
        read_content(row | change)


@pytest.mark.parametrize("deep", ["lists", "objects"])
@pytest.mark.parametrize("levels", [63, 64, 253, 300, 1000])
def test_only_so_deep(deep: str, levels: int) -> None:
    """The record itself is one level; the serializer gives up at 254, long before the parser does."""
    inner = b"[" * levels + b"]" * levels if deep == "lists" else b'{"a":' * levels + b"1" + b"}" * levels
    body = orjson.loads(b'{"format":1,"params":' + inner + b"}")
    if levels == 63:
        assert check_seal(seal(body), "a lock file") == body
        return
    with pytest.raises(ValueError, match="nested more than 64 deep"):
        check_seal(body | {"self": "x"}, "a lock file")


def test_wide_is_not_deep() -> None:
    body = {"format": 1, "inputs": {str(number): {"a": [1]} for number in range(100)}}
    assert check_seal(seal(body), "a lock file") == body


@pytest.mark.parametrize("path", ["lib/.git/hooks/post-checkout", ".GIT/config", "sub/.Pivot/config.toml"])
def test_what_stands_in_another_repository_may_be_read_and_not_written(path: str) -> None:
    assert read_seen_path(path) == path
    with pytest.raises(ValueError):
        read_path(path)
