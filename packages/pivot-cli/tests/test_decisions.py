import subprocess
import sys
from typing import Any

from pivot.decide import Decision
from pivot.reasons import OutputMissing
from pivot_cli.decisions import show_decisions
from pivot_cli.session import Session


def test_a_line_for_each_stage(capsys: Any) -> None:
    missing = (OutputMissing("b.json"),)
    show_decisions(Session(), [Decision("long", "skip"), Decision("b", "run", missing)], frozenset({"b"}))
    assert capsys.readouterr().out.splitlines() == [
        "long   up to date",
        "b      will run       b.json is missing (has a result that pivot commit would record)",
    ]


def test_a_pipeline_without_stages(capsys: Any) -> None:
    show_decisions(Session(), [])
    assert capsys.readouterr().out.startswith("The pipeline has no stages yet")


def test_to_show_what_would_run_nothing_is_imported_that_runs_it() -> None:
    program = "import sys, pivot_cli.overview; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "pivot.forecast" in loaded
    assert {"pivot.repro", "pivot.run", "pivot.events", "pivot.commit", "pivot_cli.render"}.isdisjoint(loaded)
