"""The options of a run: plain values, which cost nothing to name."""

import subprocess
import sys

from pivot.options import Options


def test_all_as_configured_unless_told() -> None:
    assert Options() == Options((), jobs=None, base=".", presumed={})
    assert not any((Options().alone, Options().force, Options().keep_going, Options().no_commit))


def test_to_name_them_plans_nothing() -> None:
    program = "import sys, pivot.options; print(*[name for name in sys.modules if name.startswith('pivot.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["pivot.options"]
