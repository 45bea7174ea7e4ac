"""What was imported, and whether it is still so."""

import os
import sys
from pathlib import Path

import pytest

from pivot.execute.installation import COARSE, environment, stamps, stands


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "library.py"
    made.write_text("VALUE = 1\n")
    return made


def after(file: Path) -> int:
    return file.stat().st_ctime_ns + COARSE + 1


def test_a_file_stands_until_it_is_written_replaced_or_removed(file: Path) -> None:
    known = stamps([str(file)], after(file))
    assert stands(known)
    before = file.stat()
    file.write_text("VALUE = 2\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # of the same size and time
    assert not stands(known)
    known = stamps([str(file)], after(file))
    file.with_name("new").write_text("VALUE = 2\n")
    file.with_name("new").replace(file)
    assert not stands(known)
    file.unlink()
    assert not stands(known) and not stands(stamps([str(file)], 1 << 62))


def test_what_may_have_been_written_while_it_was_imported_does_not_stand(file: Path) -> None:
    assert not stands(stamps([str(file)], file.stat().st_ctime_ns))


def test_a_package_that_is_installed_is_another_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "none")])
    os.utime(tmp_path, (1, 1))
    before = environment()
    (tmp_path / "new.dist-info").mkdir()
    assert environment() != before
