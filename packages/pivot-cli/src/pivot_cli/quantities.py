"""Numbers with their units, as people read them.

Apart from ``words``, which knows decisions and reasons: a run with nothing to do says a number and no more.
"""


def up_to_date(stages: int, seconds: float) -> str:
    """Return what is said of a run that had nothing to do."""
    return f"Everything is up to date ({plural(stages, 'stage')}, {duration(seconds)})"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 stage``, ``2 stages``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration(seconds: float) -> str:
    """Return a time as people read it: ``4 ms``, ``0.16 s``, ``2.1 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds) // 60
    if minutes < 60:
        return f"{minutes} min {round(seconds) % 60} s"
    return f"{minutes // 60} h {minutes % 60} min"


def amount(count: int) -> str:
    """Return a number of bytes as people read it: ``17 bytes``, ``3.4 kB``, ``12 MB``."""
    if count < 1000:
        return plural(count, "byte")
    size = float(count)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5:
            return f"{size:.3g} {unit}" if size < 100 else f"{size:.0f} {unit}"
    return f"{size / 1000:.3g} TB"
