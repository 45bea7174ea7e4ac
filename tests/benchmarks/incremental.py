"""A run after one helper was edited, against a run with nothing to do: what one stage of many costs."""

import tempfile
from pathlib import Path

from measure import PIVOT, line, once
from noop import settle, write

STAGES = 300
ROUNDS = 7
HELPED = """
import helper
def helped() -> Annotated[dict, pivot.Out("helped.json", JSON())]:
    return helper.help()
pipeline.register(helped)
"""


def main() -> None:
    """Print both, and the difference."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write(directory, STAGES, more="")
        with (directory / "pipeline.py").open("a") as file:
            file.write(HELPED)
        (directory / "helper.py").write_text("def help():\n    return {'number': 0}\n")
        settle(directory)
        nothing, edited = [], []
        for number in range(1, ROUNDS + 1):
            nothing.append(once((PIVOT, "repro"), directory))
            (directory / "helper.py").write_text(f"def help():\n    return {{'number': {number}}}\n")
            edited.append(once((PIVOT, "repro"), directory))
            settle(directory)
    line(f"nothing to do, {STAGES} stages", f"{min(nothing):.0f} ms")
    line("after one helper's edit: one stage runs", f"{min(edited):.0f} ms")
    line("difference", f"{min(edited) - min(nothing):.0f} ms")


if __name__ == "__main__":
    main()
