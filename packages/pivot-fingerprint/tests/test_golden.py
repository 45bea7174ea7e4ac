"""Digests stay what they are: in every process and checkout, and from one version of this package to the next.

Records outlive the process, the machine and the release that made them. Where the golden file and the digests differ,
the same source has got other digests: nothing recorded before can be compared, and every stage of every user runs.
"""

import difflib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pivot_fingerprint import SCHEME

HERE = Path(__file__).parent / "golden"
GOLDEN = HERE / "golden.json"
ADVICE = """
The same source has other digests than before. If that is meant, raise SCHEME in pivot_fingerprint/parts.py (unless
that was done since the last release), and let the golden file be rewritten:
  ./dev python packages/pivot-fingerprint/tests/golden/digests.py --write
"""


@pytest.mark.parametrize(
    ("checkout", "cwd", "root", "seed"),
    [
        ("sample", ".", "sample", "0"),
        ("a checkout/with ünusual names/sample", "a checkout", "with ünusual names/sample", "1"),
        ("b/.hidden/c/d/sample", "b/.hidden/c/d/sample", ".", "random"),
    ],
)
def test_digests(tmp_path: Path, checkout: str, cwd: str, root: str, seed: str) -> None:
    shutil.copytree(HERE / "sample", tmp_path / checkout)
    found = subprocess.run(
        [sys.executable, "-B", HERE / "digests.py", root],
        cwd=tmp_path / cwd,
        env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    expected = GOLDEN.read_text()
    differences = "\n".join(difflib.unified_diff(expected.splitlines(), found.splitlines(), "golden", "now", n=0))
    assert found == expected, f"{differences}\n{ADVICE}"


def test_the_golden_file_is_of_this_scheme() -> None:
    assert f'"scheme": {SCHEME}' in GOLDEN.read_text(), ADVICE
