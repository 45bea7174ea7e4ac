import subprocess
import sys
from pathlib import Path

import pytest

import pivot.loaders
from pivot.loaders import Loader, Reader, Writer


class Upper:
    """A user's loader that subclasses nothing."""

    def load(self, path: Path) -> str:
        return path.read_text().upper()

    def save(self, value: str, path: Path) -> None:
        path.write_text(value.upper())


class Lower(Loader[str, str]):
    """A user's loader that subclasses the protocol."""

    def load(self, path: Path) -> str:
        return path.read_text().lower()

    def save(self, value: str, path: Path) -> None:
        path.write_text(value.lower())


def test_a_users_class_need_not_subclass_anything(tmp_path: Path) -> None:
    loader: Loader[str, str] = Upper()
    loader.save("abc", tmp_path / "text")
    assert loader.load(tmp_path / "text") == "ABC"


def test_a_users_class_may_subclass_the_protocol(tmp_path: Path) -> None:
    loader = Lower()
    reader: Reader[str] = loader
    writer: Writer[str] = loader
    writer.save("ABC", tmp_path / "text")
    assert reader.load(tmp_path / "text") == "abc"


def test_every_loader_has_the_methods_that_its_protocol_names() -> None:
    for name in pivot.loaders.__all__:
        loader = getattr(pivot.loaders, name)
        assert hasattr(loader, "save") or name == "Reader"
        assert hasattr(loader, "load") or name in ("Writer", "MatplotlibFigure")


def test_a_loader_is_imported_when_it_is_first_used() -> None:
    program = (
        "import sys, pivot; pivot.loaders.Text; assert 'pivot.loaders.pickle' not in sys.modules\n"
        "print([name for name in pivot.loaders.__all__ if not isinstance(getattr(pivot.loaders, name), type)])\n"
        "from pivot.loaders import *; assert Pickle is pivot.loaders.Pickle\n"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"[]\n"


def test_there_is_no_other_loader() -> None:
    with pytest.raises(AttributeError, match=r"module 'pivot.loaders' has no attribute 'Missing'"):
        pivot.loaders.Missing  # noqa: B018 - to ask is what is tested
    assert set(pivot.loaders.__all__) <= set(dir(pivot.loaders))
