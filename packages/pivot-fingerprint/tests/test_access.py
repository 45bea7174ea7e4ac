"""What is at a path has one digest, which follows its content and nothing else."""

import os
from pathlib import Path

import blake3
import pytest

from pivot_fingerprint.access import file_digest, listing_digest


class TestFile:
    @pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 1000])
    def test_blake3_of_the_content(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "a"
        path.write_bytes(content)
        assert file_digest(str(path)) == blake3.blake3(content).hexdigest()

    def test_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("x")
        (tmp_path / "link").symlink_to("a")
        assert file_digest(str(tmp_path / "link")) == file_digest(str(tmp_path / "a"))

    def test_anything_else_has_none(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")  # opening one would wait for a writer
        (tmp_path / "broken").symlink_to("none")
        for path in (tmp_path, tmp_path / "pipe", tmp_path / "broken", tmp_path / "none"):
            assert file_digest(str(path)) is None


class TestListing:
    def test_follows_the_names_not_their_content(self, tmp_path: Path) -> None:
        empty = listing_digest(str(tmp_path))
        (tmp_path / "a").write_text("x")
        one = listing_digest(str(tmp_path))
        assert one != empty
        (tmp_path / "a").write_text("y")
        assert listing_digest(str(tmp_path)) == one
        (tmp_path / "a").rename(tmp_path / "b")
        assert listing_digest(str(tmp_path)) not in (one, empty)

    def test_order_of_creation_does_not_count(self, tmp_path: Path) -> None:
        for folder, names in (("one", "abc"), ("two", "cab")):
            (tmp_path / folder).mkdir()
            for name in names:
                (tmp_path / folder / name).touch()
        assert listing_digest(str(tmp_path / "one")) == listing_digest(str(tmp_path / "two"))

    def test_names_do_not_run_together(self, tmp_path: Path) -> None:
        for folder, names in (("one", ["ab", "c"]), ("two", ["a", "bc"])):
            (tmp_path / folder).mkdir()
            for name in names:
                (tmp_path / folder / name).touch()
        assert listing_digest(str(tmp_path / "one")) != listing_digest(str(tmp_path / "two"))

    @pytest.mark.parametrize("name", [".git", ".pivot", "__pycache__"])
    def test_names_that_do_not_count(self, tmp_path: Path, name: str) -> None:
        before = listing_digest(str(tmp_path))
        (tmp_path / name).mkdir()
        assert listing_digest(str(tmp_path)) == before

    def test_names_that_are_no_text(self, tmp_path: Path) -> None:
        before = listing_digest(str(tmp_path))
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).touch()
        assert listing_digest(str(tmp_path)) != before

    def test_no_directory(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert listing_digest(str(tmp_path / "none")) is None
        assert listing_digest(str(tmp_path / "file")) is None
