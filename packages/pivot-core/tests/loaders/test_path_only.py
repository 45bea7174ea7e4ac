from pathlib import Path

import pytest

from pivot.loaders import PathOnly


def test_an_input_is_its_path(tmp_path: Path) -> None:
    assert PathOnly().load(Path("data.csv")) == Path("data.csv")


def test_an_output_is_there_and_is_the_declared_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out.txt").write_text("done")
    PathOnly().save(Path("out.txt"), Path("out.txt"))
    PathOnly().save("./out.txt", tmp_path / "out.txt")
    with pytest.raises(FileNotFoundError, match=r"other\.txt was returned, but not written"):
        PathOnly().save("other.txt", Path("other.txt"))
    with pytest.raises(ValueError, match=r"the path other\.txt was declared, but the value is out\.txt"):
        PathOnly().save("out.txt", Path("other.txt"))
    with pytest.raises(TypeError, match=r"out\.txt was declared, but the value is of type NoneType"):
        PathOnly().save(None, Path("out.txt"))
