"""A command with nothing to do, against an empty interpreter; whether the pipeline imports pandas must not matter."""

import tempfile
from pathlib import Path

from measure import NOTHING, PIVOT, in_turn, line, once

STAGE = """
def stage_{number}(data: Annotated[dict, pivot.Dep("in.json", JSON())]) -> Annotated[dict,
pivot.Out("out/{number}.json", JSON())]:
    return {{"n": {number}, **data}}
pipeline.register(stage_{number})
"""
HEAD = 'import pivot\nfrom typing import Annotated\n{more}\nJSON = pivot.loaders.JSON\npipeline = pivot.Pipeline("p")\n'
LIMITS = {2: "at most 5 ×", 100: "at most 6 ×", 1000: "at most 9 ×"}


def write(directory: Path, stages: int, more: str = "") -> None:
    """Write a pipeline of independent stages."""
    text = HEAD.format(more=more) + "".join(STAGE.format(number=number) for number in range(stages))
    (directory / "pipeline.py").write_text(text)
    (directory / "in.json").write_text("{}")


def main() -> None:
    """Print the ratio for 2, 100 and 1,000 stages, and for a heavy import."""
    for stages, more in ((2, ""), (2, "import pandas"), (100, ""), (1000, "")):
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            write(directory, stages, more)
            once((PIVOT, "repro"), directory)
            times = in_turn(
                {"nothing": NOTHING, "repro": (PIVOT, "repro"), "status": (PIVOT, "status")}, directory, rounds=11
            )
            for command in ("repro", "status"):
                title = f"{command}, {stages} stages{', imports pandas' if more else ''}"
                line(title, f"{times[command]:.0f} ms", times[command] / times["nothing"], LIMITS[stages])


if __name__ == "__main__":
    main()
