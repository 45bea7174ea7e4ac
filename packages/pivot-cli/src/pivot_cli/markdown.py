"""A run, or what it would do, as Markdown: for a pull request, or the summary of a job.

Made from the data of ``report``; added to the end of a file, as the summaries of GitHub's jobs want it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pivot.errors import StorageError
from pivot_cli.quantities import duration, plural

WORDS = {
    "run": "ran",
    "restore": "restored",
    "skip": "up to date",
    "failed": "**failed**",
    "blocked": "did not start",
    "cancelled": "was cancelled",
}
WOULD = {"run": "would run", "restore": "would be restored", "skip": "up to date"}


def write_summary(path: Path, data: Mapping[str, Any], *, title: str, would: bool = False) -> None:
    """Add the summary to a file. Raises StorageError."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n".join(_lines(data, title, WOULD if would else WORDS)) + "\n")
    except OSError as error:
        raise StorageError(f"cannot write the summary to {path}: {error.strerror}") from error


def _lines(data: Mapping[str, Any], title: str, words: Mapping[str, str]) -> Iterator[str]:
    stages = data["stages"]
    counts = [f"{data['summary'][action]} {words[action]}" for action in words if data["summary"].get(action)]
    yield f"### {title}: {', '.join(counts) or 'no stages'}"
    yield ""
    told = [row for row in stages if row["action"] != "skip"]
    if told:
        yield "| stage | | why | time |"
        yield "|---|---|---|---|"
    for row in told:
        time = "" if row["seconds"] is None else duration(row["seconds"])
        yield f"| {_cell(row['stage'])} | {words.get(row['action'], '')} | {_cell(_why(row))} | {time} |"
    if told:
        yield ""
    quiet = len(stages) - len(told)
    if quiet:
        yield f"{plural(quiet, 'stage')} up to date."
        yield ""


def _why(row: Mapping[str, Any]) -> str:
    if failure := row.get("failure"):
        return str(failure["problem"])
    if row.get("blocked_by"):
        return f"{row['blocked_by']} failed"
    return ", ".join(_reason(reason) for reason in row["reasons"][:3]) + (" …" if len(row["reasons"]) > 3 else "")


def _reason(reason: Mapping[str, Any]) -> str:
    subject = next((str(reason[key]) for key in ("path", "name", "stage") if reason.get(key)), "")
    if changes := reason.get("changes"):
        subject = ", ".join(change["label"] for change in changes[:3]) + (" …" if len(changes) > 3 else "")
    words = str(reason["reason"]).replace("_", " ")
    return f"{words}: {subject}" if subject else words


def _cell(text: str) -> str:
    """Return a text that is one cell of a table, whatever is in it."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    for char in "\\`|<>*_[]":
        plain = plain.replace(char, f"\\{char}")
    return plain
