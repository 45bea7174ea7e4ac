"""The state of tracked data as lines or as JSON data, for ``status``."""

from typing import Any

from pivot.tracked_state import tracked_states
from pivot.workspace import Workspace
from pivot_cli.session import Session

WORDS = {
    "unchanged": "",
    "changed": "pivot track {path} records it as it is; pivot checkout -f {path} gives back what was tracked",
    "outdated": "kept in the cache; pivot checkout {path} gives what is tracked now, pivot track {path} records it",
    "missing": "pivot checkout {path} gives it back",
    "lost": "not in the cache",
    "unreadable": "{problem}",
}
PULL = "; pivot pull {path} gets it from a remote"


def show_tracked(session: Session, workspace: Workspace) -> int:
    """Print a line for each path that is tracked: its state and what may be done; return how many there are."""
    states = tracked_states(workspace)
    width = max((len(one.path) for one in states), default=0)
    out = session.terminal.out
    for one in states:
        shown = out.paint(f"{one.state:<12}", "dim" if one.state == "unchanged" else "yellow")
        text = WORDS[one.state] + (PULL if one.state == "lost" and workspace.config.remotes else "")
        words = out.paint(text.format(path=one.path, problem=one.problem), "dim")
        out.line(f"{one.path:<{width}}   {shown}   {words}".rstrip())
    return len(states)


def tracked_data(workspace: Workspace) -> dict[str, Any]:
    """Return the state of tracked data as JSON data."""
    return {"tracked": [one._asdict() for one in tracked_states(workspace)]}
