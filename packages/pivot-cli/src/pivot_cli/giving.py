"""What the commands that give files back share: options, a line for each path, the sum, data, and the exit code."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from pivot.given import Given
from pivot.outputs import GIVES_BACK
from pivot_cache.errors import printable
from pivot_cli.session import Session
from pivot_cli.usage import option

STORAGE = 4
MODES = ("reflink", "hardlink", "symlink", "copy")
FATES = {
    "restored": "restored",
    "relinked": "relinked",
    "right": "already right",
    "differs": "left as it is",
    "edited": "edited",
    "lost": "lost",
}

force = option("-f", "--force", is_flag=True, help="Replace edited files too, after keeping them in the cache.")
checkout_mode = option("--checkout-mode", type=click.Choice(MODES), help="How; reflink copies where it must.")


def gather(session: Session, found: Iterable[Given], rev: str | None = None, *, silent: bool) -> list[Given]:
    """Return what was given back, as of a revision; unless ``silent``, print each as it comes."""
    given = []
    for one in found:
        given.append(one)
        if not silent:
            show_given(session, one, rev)
    return given


def show_given(session: Session, given: Given, rev: str | None = None) -> None:
    """Print what came of a path, as of a revision; what was right is shown only to those who want to know more."""
    out, err = session.terminal
    match given.fate:
        case "restored" | "relinked":
            if not session.quiet:
                out.line(f"{out.paint(out.marks.restored, 'cyan')} {printable(given.path)}")
            if given.saved and not session.quiet:
                words = f"  what was there is kept as {given.saved} ({GIVES_BACK})"
                out.line(out.paint(words, "yellow"))
        case "edited":
            mark = err.paint(err.marks.failed, "red")
            err.line(f"{mark} {printable(given.path)} is left as it is: the cache does not hold these bytes")
            err.line(f"    Hint: {given.problem or '-f replaces it, and keeps what is there in the cache'}")
        case "lost":
            err.line(f"{err.paint(err.marks.failed, 'red')} {given.problem}")
            err.line(f"    Hint: {_remedy(given, rev)}")
        case "right" | "differs":
            if session.verbose:
                word = "is there" if given.fate == "right" else "is there, and differs from its record"
                out.line(out.paint(f"{out.marks.skipped} {printable(given.path)} {word}", "dim"))


def sum_up(given: Sequence[Given]) -> str:
    """Return the sum in a line or two, empty if there is nothing to sum up."""
    fates = [one.fate for one in given]
    counts = [f"{fates.count(fate)} {word}" for fate, word in FATES.items() if fate in fates]
    unlinked = [one.path for one in given if one.unlinked]
    if not counts:
        return ""
    line = f"Files: {', '.join(counts)}"
    if unlinked:
        more = f" and {len(unlinked) - 1} more" if len(unlinked) > 1 else ""
        line += f"\n{unlinked[0]}{more} could not be linked here (is the cache on another file system?): copied instead"
    return line


def given_data(given: Iterable[Given]) -> dict[str, Any]:
    """Return what was given back as JSON data."""
    rows = [one._asdict() for one in given]
    fates = [row["fate"] for row in rows]
    return {"outputs": rows, "summary": {fate: fates.count(fate) for fate in FATES}}


def exit_code(given: Iterable[Given]) -> int:
    """Return 0, or 4 if something is not there as it is recorded."""
    return STORAGE if any(one.fate in ("edited", "lost") for one in given) else 0


def _remedy(given: Given, rev: str | None) -> str:
    if given.stage is not None:
        where = f", in a checkout of {rev}" if rev else ""
        return f"make it again{where}, with: pivot repro {given.stage}"
    return "copy it from where it came from, or its object from a cache that has it"
