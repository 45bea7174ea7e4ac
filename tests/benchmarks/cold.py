"""A first run of many trivial stages: the wall time of each, with every stage in a process of its own.

Durable and not, in turn: the difference is what waiting for the disk costs.
"""

import tempfile
from pathlib import Path

from measure import PIVOT, line, once
from noop import write

STAGES = 1000
ROUNDS = 3


def one_run(durability: str) -> float:
    """Return the milliseconds of a first run of all stages."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write(directory, STAGES)
        (directory / ".pivot").mkdir()
        (directory / ".pivot" / "format").write_text("1\n")
        (directory / ".pivot" / "config.toml").write_text(f'durability = "{durability}"\ncore.jobs = 2\n')
        return once((PIVOT, "repro", "-q"), directory)


def main() -> None:
    """Print milliseconds a stage, durable and not, and the share of the disk."""
    times: dict[str, list[float]] = {"full": [], "fast": []}
    for _ in range(ROUNDS):
        for durability, found in times.items():
            found.append(one_run(durability) / STAGES)
    full, fast = (min(found) for found in times.values())
    line(f"{STAGES:,} stages, durable", f"{full:.1f} ms", None, "at most 5 ms a stage")
    line(f"{STAGES:,} stages, durability fast", f"{fast:.1f} ms")
    line("share of waiting for the disk", f"{100 * max(0.0, 1 - fast / full):.0f} %")


if __name__ == "__main__":
    main()
