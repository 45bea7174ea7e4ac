"""What ``import pivot`` adds to the start of an interpreter."""

import sys
from pathlib import Path

from measure import NOTHING, in_turn, line


def main() -> None:
    """Print the difference in milliseconds."""
    times = in_turn({"nothing": NOTHING, "pivot": (sys.executable, "-c", "import pivot")}, Path.cwd(), rounds=25)
    line(
        "import pivot", f"{times['pivot'] - times['nothing']:.1f} ms", times["pivot"] / times["nothing"], "under 30 ms"
    )


if __name__ == "__main__":
    main()
