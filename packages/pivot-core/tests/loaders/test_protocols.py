from pathlib import Path

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
