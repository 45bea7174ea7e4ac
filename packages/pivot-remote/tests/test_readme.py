import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "clean").mkdir(parents=True)
    (tmp_path / "data" / "clean" / "a.csv").write_text("a,b\n1,2\n")
    (example,) = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert "file:///tmp/pivot-remote" in example
    exec(compile(example.replace("/tmp/pivot-remote", f"{tmp_path}/remote"), str(README), "exec"), {})
    assert len(list((tmp_path / "remote" / "objects").rglob("*/*"))) == 2
