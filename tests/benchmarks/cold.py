"""A first run of many trivial stages: the wall time of each, with every stage in a process of its own.

Durable and not, in turn: the difference is what waiting for the disk costs. Beside it the processor time of all
processes, which tells on a machine that has other work what the wall time would be without. The projects are removed
at the end: a file system that has just removed many files makes new ones slowly.
"""

import resource
import tempfile
from pathlib import Path

from measure import PIVOT, line, once
from noop import write

STAGES = 1000
ROUNDS = 3


def one_run(directory: Path, durability: str) -> tuple[float, float]:
    """Return the milliseconds of a first run of all stages: of wall time, and of processor time."""
    write(directory, STAGES)
    (directory / ".pivot").mkdir()
    (directory / ".pivot" / "format").write_text("1\n")
    (directory / ".pivot" / "config.toml").write_text(f'durability = "{durability}"\ncore.jobs = 2\n')
    before = processor()
    return once((PIVOT, "repro", "-q"), directory), processor() - before


def processor() -> float:
    """Return the milliseconds of processor time that processes below this one have taken until they ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (usage.ru_utime + usage.ru_stime)


def main() -> None:
    """Print milliseconds a stage, durable and not, and the share of the disk."""
    times: dict[str, list[tuple[float, float]]] = {"full": [], "fast": []}
    with tempfile.TemporaryDirectory() as name:
        for number in range(ROUNDS):
            for durability, found in times.items():
                directory = Path(name, f"{durability}{number}")
                directory.mkdir()
                found.append(one_run(directory, durability))
    full, fast = (min(wall for wall, _ in found) / STAGES for found in times.values())
    spent = min(cpu for _, cpu in times["full"]) / STAGES
    line(f"{STAGES:,} stages, durable, each", f"{full:.1f} ms", full / 5, "at most 5 ms a stage, on two cores")
    line("processor time of it", f"{spent:.1f} ms", spent / 10, "10 ms are all that two cores have in 5 ms")
    line(f"{STAGES:,} stages, durability fast, each", f"{fast:.1f} ms")
    line("share of waiting for the disk", f"{100 * max(0.0, 1 - fast / full):.0f} %")


if __name__ == "__main__":
    main()
