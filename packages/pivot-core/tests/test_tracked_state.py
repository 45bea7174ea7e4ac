"""How tracked data is now."""

import os

from pivot.track import Options, track
from pivot.tracked_state import tracked_states
from pivot.workspace import Workspace


def test_every_state(workspace: Workspace) -> None:
    root = workspace.project.root
    assert tracked_states(workspace) == []
    names = ["bad.csv", "changed.csv", "fifo.csv", "lost.csv", "missing.csv", "older.csv", "same.csv"]
    for name in names:
        (root / name).write_text(name)
    for kept in track(workspace, Options(tuple(names))):
        if kept.path == "lost.csv":
            os.unlink(workspace.store.path(kept.content.digest))
    (root / "older.csv").write_text("newer")
    [*track(workspace, Options(("older.csv",), force=True))]
    (root / "older.csv").write_text("older.csv")
    (root / "bad.csv.pvt").write_text("<<<<<<<")
    (root / "changed.csv").write_text("by hand")
    for name in ("fifo.csv", "lost.csv", "missing.csv"):
        (root / name).unlink()
    os.mkfifo(root / "fifo.csv")
    states = {one.path: one.state for one in tracked_states(workspace)}
    assert list(states) == names
    assert list(states.values()) == [
        *("unreadable", "changed", "unreadable", "lost", "missing", "outdated", "unchanged"),
    ]
    assert "named pipe" in str(tracked_states(workspace)[2].problem)
