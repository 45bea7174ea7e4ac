"""The explanation of one stage: its status, every reason, and what changed with old value, new value and place.

Prints the very decision that a run takes; nothing is decided here, and nothing looked up but the texts for ``--diff``
and, for ``-v``, comments that leave out nothing although they look like it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pivot.commit import kept_source
from pivot.lock import Lock
from pivot.look import Look
from pivot.plan import Step
from pivot.reasons import (
    CodeChanged,
    DeclarationChanged,
    EnvironmentChanged,
    InputChanged,
    NeverRun,
    OutputEdited,
    OutputMissing,
    PackageChanged,
    ParameterChanged,
    Reason,
    SchemeChanged,
    UpstreamRuns,
)
from pivot.way import find_way
from pivot.workspace import Workspace
from pivot_cache.errors import printable
from pivot_cli.session import Session
from pivot_cli.words import shown_path, status, title
from pivot_fingerprint import Change
from pivot_fingerprint.comments import misspelt
from pivot_fingerprint.named import NamedTuple

_WITH_SOURCE = frozenset({"func", "class", "method", "const"})
_MISSING = "missing"  # the digest of a file or a variable that a module looked for while it was imported

type Sources = Callable[[Change], tuple[str | None, str | None]]
"""The text of a changed part, before and now; None where it is not known, empty where there was or is none."""


class Item(NamedTuple):
    """One thing that changed. ``old`` and ``new`` are digests or values, None where there is none."""

    label: str
    old: str | None
    new: str | None
    change: Change | None = None
    note: str | None = None


def explain(step: Step, root: Path, *, verbose: bool = False, sources: Sources | None = None) -> Iterator[str]:
    """Yield the lines of a stage's explanation; ``sources`` asks for the source of what changed, old against new.

    ``verbose`` adds the parts that the author chose to ignore, and comments that fail to.
    """
    decision = step.decision
    yield f"Stage: {decision.stage}"
    yield f"  Status: {status(decision).upper()}"
    for text in dict.fromkeys(title(reason) for reason in decision.reasons):
        yield f"  Reason: {text}"
    items = [item for reason in decision.reasons for item in _items(reason, step)]
    if items:
        yield ""
        yield "  Changes:"
    for item in items:
        yield from _item(item, step, root, sources)
    yield from _upstream(decision.reasons, decision.stage)
    yield from _remarks(step, root, verbose)


def _item(item: Item, step: Step, root: Path, sources: Sources | None) -> Iterator[str]:
    change = item.change
    yield f"    {printable(item.label)}"
    if item.old is not None or item.new is not None:
        yield f"      Old: {_value(item.old)}"
        yield f"      New: {_value(item.new)}"
    if change and change.file:
        yield f"      File: {_place(root, change.file, change.line)}"
    if change:
        yield from _way(change, step)
    if item.note:
        yield f"      Note: {printable(item.note)}"
    if change and sources:
        yield from (f"      {line}".rstrip() for line in _diff(change, root, sources))


def _way(change: Change, step: Step) -> Iterator[str]:
    """Yield the way to a part unless the stage's function names it, and whether its source leads there at all."""
    if change.new is None:
        return
    way = find_way(step.stage, step.now.code, change.key)
    if len(way.names) > 2:
        yield f"      Path: {printable(str(way))}"
    if isinstance(step.lock, Lock) and way.first in step.lock.observed:
        yield "      Note: only a run showed that the stage gets there, no name in the source does"


def _items(reason: Reason, step: Step) -> Iterator[Item]:
    match reason:
        case NeverRun(str(problem)):
            yield Item("lock", None, None, note=problem)
        case SchemeChanged(old, new):
            yield Item("scheme", str(old), str(new))
        case CodeChanged(changes):
            yield from (Item(change.label, change.old, change.new, change) for change in changes)
        case PackageChanged(name, old, new):
            yield Item(f"package:{name}", old, new)
        case ParameterChanged(name, old, new):
            yield Item(f"param:{name}", old, new)
        case InputChanged(path, old, new):
            yield Item(f"input:{path}", old, new or None, note=_input_note(reason))
        case EnvironmentChanged(name, old, new):
            yield Item(f"env:{name}", old, new)
        case DeclarationChanged(path, old, new):
            yield Item(f"output:{path}", old, new)
        case OutputMissing(path):
            recorded = step.lock.outputs.get(path) if isinstance(step.lock, Lock) else None
            yield Item(f"output:{path}", recorded.content.digest if recorded else None, None)
        case OutputEdited(path, old, ""):
            yield Item(
                f"output:{path}", old, None, note="what is there cannot be kept: remove it, then the run goes on"
            )
        case OutputEdited(path, old, new):
            yield Item(f"output:{path}", old, new, note="what is there is kept in the cache before it is replaced")
        case _:
            pass


def _input_note(reason: InputChanged) -> str | None:
    if reason.new == "":
        return "what is there cannot be read: whoever is to read it says why"
    return None if reason.declared else "read without being declared; declare it as a pivot.Dep"


def _upstream(reasons: tuple[Reason, ...], stage: str) -> Iterator[str]:
    before = [reason.stage for reason in reasons if isinstance(reason, UpstreamRuns)]
    if before:
        yield ""
        yield "  Upstream:"
        yield from (f"    {name}" for name in before)
        if len(before) == len(reasons):
            yield f"      Note: if what it reads comes out the same, {stage} does not run"


def _remarks(step: Step, root: Path, verbose: bool) -> Iterator[str]:
    """Yield what the author should know of the stage's code, changed or not."""
    if isinstance(step.lock, Lock) and step.lock.accepted:
        yield ""
        yield f"  Accepted without a run: {printable(step.lock.accepted)}"
    if step.now.opaque:
        yield ""
        yield "  Not followed:"
        for opaque in sorted(step.now.opaque, key=lambda one: (one.file, one.line)):
            yield f"    {opaque.what}"
            yield f"      File: {_place(root, opaque.file, opaque.line)}"
    if step.now.reads:
        yield ""
        yield "  Read without being declared (tracked all the same; declare them as pivot.Dep):"
        yield from (f"    {printable(path)}" for path in step.now.reads)
    if verbose and step.now.code.ignored:
        yield ""
        yield "  Ignored on request:"
        for part in step.now.code.ignored:
            yield f"    {part.label}"
            if part.file:
                yield f"      File: {_place(root, part.file, part.line)}"
    useless = list(_useless_comments(step)) if verbose else []
    if useless:
        yield ""
        yield "  Not ignored (only '# pivot: ignore' is):"
        for file, line, comment in useless:
            yield f"    {printable(comment)}"
            yield f"      File: {_place(root, file, line)}"


def _useless_comments(step: Step) -> Iterator[tuple[str, int, str]]:
    """Yield the comments in the stage's sources that leave out nothing although they look like it."""
    for file in sorted({part.file for part in step.now.code.parts if part.file and part.kind in _WITH_SOURCE}):
        with suppress(OSError):  # removed since it was looked at
            yield from ((file, line, comment) for line, comment in misspelt(Path(file).read_bytes()))


def _diff(change: Change, root: Path, sources: Sources) -> Iterator[str]:
    from difflib import unified_diff  # 5 ms, for --diff only

    if change.key.partition(":")[0] not in _WITH_SOURCE:
        return
    old, new = sources(change)
    if old is None or new is None:
        which = "old" if old is None else "new"
        yield f"(the {which} source is not known here)"
        return
    if old == new:
        yield "(its own source is the same: a name in it stands for something else now)"
        return
    name = _place(root, change.file, 0) if change.file else change.label
    yield ""
    lines = unified_diff(old.splitlines(), new.splitlines(), f"{name} (recorded)", f"{name} (now)", lineterm="")
    yield from lines


def _place(root: Path, file: str, line: int) -> str:
    shown = shown_path(root, file)
    return f"{shown}:{line}" if line else shown


def _value(value: str | None) -> str:
    """Return a value for the screen: digests in short."""
    if value is None or value == _MISSING:
        return "-"
    if len(value) == 64 and not value.strip("0123456789abcdef"):
        return value[:8]
    return printable(value)


def print_explanations(
    session: Session, workspace: Workspace, look: Look, steps: Iterable[Step], *, diff: bool = False
) -> None:
    """Print the explanation of each step, with an empty line between two."""
    out = session.terminal.out
    for number, step in enumerate(steps):
        if number:
            out.line()
        sources = kept_sources(workspace, look, step) if diff else None
        for line in explain(step, workspace.project.root, verbose=session.verbose, sources=sources):
            out.line(out.paint(line, *_styles(line)))


def kept_sources(workspace: Workspace, look: Look, step: Step) -> Sources:
    """Return what finds the source of a part: as it was kept when the stage last ran, and as it is now."""
    current = {part.key: part for part in step.now.code.parts}

    def sources(change: Change) -> tuple[str | None, str | None]:
        old: str | None = ""
        if change.old is not None:
            old = kept_source(workspace, change.key, change.old)
        part = current.get(change.key)
        return old, look.analysis.source(part) if part else ("" if change.new is None else None)

    return sources


def _styles(line: str) -> tuple[str, ...]:
    """Return the styles in which a line of an explanation is shown on a terminal."""
    text = line.strip()
    if line.startswith("Stage: "):
        return ("bold",)
    if text.startswith("Status: "):
        return ("green",) if text.endswith("UP TO DATE") else ("yellow",)
    if line.startswith("      +"):
        return ("green",)
    if line.startswith("      -"):
        return ("red",)
    if line.startswith("      @@"):
        return ("cyan",)
    return ()
