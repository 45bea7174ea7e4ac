"""A first run of many trivial stages: the wall time of each, with every stage in a process of its own."""

import tempfile
from pathlib import Path

from measure import PIVOT, line, once
from noop import write


def main() -> None:
    """Print milliseconds a stage for 200 stages, durable and not."""
    for durability in ("full", "fast"):
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            write(directory, 200)
            (directory / ".pivot").mkdir()
            (directory / ".pivot" / "format").write_text("1\n")
            (directory / ".pivot" / "config.toml").write_text(f'durability = "{durability}"\ncore.jobs = 2\n')
            took = once((PIVOT, "repro"), directory)
            line(f"200 stages, durability {durability}", f"{took / 200:.1f} ms", None, "at most 15 ms a stage")


if __name__ == "__main__":
    main()
