"""Show Pivot at work on the penguins: first run, no-op, an edit, its explanation, the re-run, the revert.

``./dev demo`` runs this. It copies the example to a temporary directory and types the commands of a first quarter of
an hour.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).parent / "penguins"
HELPER = "penguins/features.py"
BEFORE = "(column - column.mean()) / column.std()"
AFTER = "(column - column.min()) / (column.max() - column.min())"


def main() -> int:
    """Run the demonstration; the exit code is that of the first command that fails."""
    with tempfile.TemporaryDirectory(prefix="pivot-demo-") as directory:
        project = Path(directory) / "penguins"
        shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".pivot", "build", "__pycache__"))
        tell("The first run computes everything.")
        run(project, "pivot repro")
        run(project, "cat metrics.json")
        tell("Nothing changed: nothing runs, and neither the pipeline nor pandas is imported.")
        run(project, "pivot repro")
        tell(f"Edit the helper normalize() in {HELPER}: scale to 0…1 instead of mean 0, deviation 1.")
        edit(project / HELPER, BEFORE, AFTER)
        run(project, "pivot status --explain features --diff")
        tell("Exactly the stages that the helper reaches run again. The picture is not one of them.")
        run(project, "pivot repro")
        tell("Take the edit back: everything is restored from the cache, nothing runs.")
        edit(project / HELPER, AFTER, BEFORE)
        run(project, "pivot repro")
    return 0


def tell(text: str) -> None:
    """Print what comes next."""
    print(f"\n# {text}", flush=True)


def run(project: Path, command: str) -> None:
    """Show a command and run it as a shell would."""
    print(f"$ {command}", flush=True)
    kept = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }  # slows every import
    environ = dict(kept, PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    code = subprocess.run(command.split(), cwd=project, env=environ, check=False).returncode
    if code:
        sys.exit(code)


def edit(path: Path, old: str, new: str) -> None:
    """Replace the one occurrence of a text in a file."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))


if __name__ == "__main__":
    sys.exit(main())
