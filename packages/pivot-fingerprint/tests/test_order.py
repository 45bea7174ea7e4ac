"""The order of statements is of account where they bind or change the same name, and nowhere else."""

import textwrap
from pathlib import Path

from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.parts import Entry


def digests(root: Path, text: str, **others: str) -> dict[str, str]:
    """Return the digests of the parts of ``ordered.run``."""
    for name, one in {"ordered": text, **others}.items():
        (root / f"{name}.py").write_text(textwrap.dedent(one))
    found = Analysis([str(root)]).fingerprints({"run": [Entry("ordered", "run")]})["run"]
    assert found.parts
    return {part.key: part.digest for part in found.parts}


def test_unrelated_statements_may_stand_in_any_order(tmp_path: Path) -> None:
    one = digests(tmp_path, "A = 1\nB = [2]\ndef run(): return A, B\n")
    other = digests(tmp_path, "def run(): return A, B\nB = [2]\nA = 1\n")
    assert one == other


def test_bindings_of_one_name_are_in_order(tmp_path: Path) -> None:
    one = digests(tmp_path, "A = 1\nA = 2\ndef run(): return A\n")
    other = digests(tmp_path, "A = 2\nA = 1\ndef run(): return A\n")
    assert one != other


def test_changes_of_one_name_are_in_order(tmp_path: Path) -> None:
    one = digests(tmp_path, "A = []\nA.append(1)\nA.append(2)\ndef run(): return A\n")
    other = digests(tmp_path, "A = []\nA.append(2)\nA.append(1)\ndef run(): return A\n")
    assert one != other


def test_statement_that_reads_between_changes_has_a_place(tmp_path: Path) -> None:
    one = digests(tmp_path, "A = []\nA.append(1)\nB = len(A)\nA.append(2)\ndef run(): return A, B\n")
    other = digests(tmp_path, "A = []\nA.append(1)\nA.append(2)\nB = len(A)\ndef run(): return A, B\n")
    assert one != other


def test_changes_by_modules_are_in_the_order_of_imports(tmp_path: Path) -> None:
    others = {
        "table": "ROWS = []\n",
        "first": "import table\ntable.ROWS.append(1)\n",
        "second": "import table\ntable.ROWS.append(2)\n",
    }
    one = digests(tmp_path, "import first, second, table\ndef run(): return table.ROWS\n", **others)
    other = digests(tmp_path, "import second, first, table\ndef run(): return table.ROWS\n", **others)
    assert one != other
