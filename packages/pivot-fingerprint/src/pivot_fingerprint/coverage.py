"""Whether a fingerprint contains all that a run showed, as far as its parts alone can tell.

Most runs show nothing new, and then nobody has to look at the sources again. In doubt the answer is no, and
``project`` finds out what was really beyond the closure.
"""

from collections.abc import Collection

from pivot_fingerprint.parts import Entry, Fingerprint, Observed, Part


def covers(fingerprint: Fingerprint, observed: Observed, modules: Collection[str]) -> bool:
    """Return whether all functions that executed are in parts, all modules are among these, and packages are known."""
    if any(name not in modules for name, _ in observed.modules) or any(name in modules for name in observed.computed):
        return False
    tops = {name.partition(".")[0] for name in observed.requested if name not in modules}
    if not tops <= {name for name, _ in fingerprint.packages}:
        return False
    wanted = {entry.module for entry in observed.functions}
    parts: dict[tuple[str, str], list[Part]] = {}
    for part in fingerprint.parts:
        if part.module in wanted and part.kind in ("func", "method", "class"):
            parts.setdefault((part.module, part.name), []).append(part)
    return all(_is_in(entry, parts) for entry in observed.functions)


def _is_in(entry: Entry, parts: dict[tuple[str, str], list[Part]]) -> bool:
    """Whether what executed, or was only named, is a part, or stands inside one."""
    own = parts.get((entry.module, entry.qualname), ())
    if any(part.kind == "method" or entry.line in (0, part.line) for part in own):
        return True
    top, dot, _ = entry.qualname.partition(".")
    around = parts.get((entry.module, top), ()) if dot and "<locals>" in entry.qualname else ()
    return any(part.line <= entry.line <= part.end_line for part in around)
