from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_only_the_targets_are_sent(example: Callable[..., Any], tmp_path: Path) -> None:
    example("repro")
    example("remote", "add", "disk", (tmp_path / "remote").as_uri())
    stage, *_ = sorted(path.stem for path in Path(".pivot/stages").iterdir())
    assert "Pushed 1 object" in example("push", stage).out
    assert example("push", "no-such-stage").code == 2
    assert "1 did not have to move" in example("push").out
