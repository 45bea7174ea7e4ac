"""A run after one helper was edited, against a run with nothing to do: what one stage costs among few and among many.

Beside it what the stage needs in any case: a process of its own that imports the pipeline, from source. Also what
`status` takes after the edit, and the next `repro` right after the run.
"""

import sys
import tempfile
from pathlib import Path

from measure import PIVOT, line, once
from noop import settle, write

SIZES = (10, 300, 1000)
ROUNDS = 7
MORE = 20  # ms that an edit may cost besides the command with nothing to do and that process
IMPORT = (sys.executable, "-B", "-c", "import pipeline")
HELPED = """
import helper
def helped() -> Annotated[dict, pivot.Out("helped.json", JSON())]:
    return helper.help()
pipeline.register(helped)
"""


def one_size(directory: Path, stages: int) -> None:
    """Print what an edit costs among so many stages."""
    write(directory, stages, more="")
    with (directory / "pipeline.py").open("a") as file:
        file.write(HELPED)
    helper = directory / "helper.py"
    helper.write_text("def help():\n    return {'number': 0}\n")
    settle(directory)
    found: dict[str, list[float]] = {}
    for number in range(1, ROUNDS + 1):
        found.setdefault("nothing", []).append(once((PIVOT, "repro"), directory))
        found.setdefault("import", []).append(once(IMPORT, directory))
        helper.write_text(f"def help():\n    return {{'number': {number}}}\n")
        found.setdefault("status", []).append(once((PIVOT, "status"), directory))
        found.setdefault("edit", []).append(once((PIVOT, "repro"), directory))
        found.setdefault("next", []).append(once((PIVOT, "repro"), directory))
        settle(directory)
    nothing, bare = min(found["nothing"]), min(found["import"])
    line(f"nothing to do, {stages} stages", f"{nothing:.0f} ms")
    line("a process that imports the pipeline", f"{bare:.0f} ms")
    line("status after one helper's edit", f"{min(found['status']):.0f} ms")
    edit = min(found["edit"])
    line("repro after it: one stage runs", f"{edit:.0f} ms", None, f"at most {nothing + bare + MORE:.0f} ms")
    line("besides the two above", f"{edit - nothing - bare:.0f} ms", None, f"at most {MORE} ms")
    line("the next repro", f"{min(found['next']):.0f} ms")


def main() -> None:
    """Print all of it for each number of stages."""
    for stages in SIZES:
        with tempfile.TemporaryDirectory() as name:
            one_size(Path(name), stages)


if __name__ == "__main__":
    main()
