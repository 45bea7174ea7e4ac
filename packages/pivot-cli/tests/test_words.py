from typing import get_args

import pytest

from pivot import reasons
from pivot.decide import Decision
from pivot_cli.words import TITLES, short, status, title
from pivot_fingerprint import Change

OLD, NEW = "5" * 64, "a" * 64
CHANGE = Change("func:src.utils:normalize", "func:normalize", OLD, NEW, "/p/src/utils.py", 15)

WORDS = [
    (reasons.NeverRun(), "Never run", "never run"),
    (reasons.NeverRun("x.lock: wrong type"), "Record unusable", "record unusable"),
    (reasons.Forced(), "Forced", "forced"),
    (reasons.SchemeChanged(1, 2), "Fingerprint scheme changed", "fingerprint scheme changed"),
    (reasons.CodeChanged((CHANGE,)), "Code dependency changed", "func:normalize changed"),
    (reasons.CodeChanged((CHANGE._replace(old=None),)), "Code dependency changed", "func:normalize added"),
    (reasons.CodeChanged((CHANGE._replace(new=None),)), "Code dependency changed", "func:normalize removed"),
    (reasons.CodeChanged((CHANGE, CHANGE, CHANGE)), "Code dependency changed", "func:normalize changed (+2 more)"),
    (reasons.PackageChanged("numpy", "1.0", "2.0"), "Package version changed", "numpy 1.0 → 2.0"),
    (reasons.PackageChanged("numpy", None, "2.0"), "Package version changed", "numpy none → 2.0"),
    (reasons.PackageChanged("python", "3.13", "3.14"), "Python version changed", "python 3.13 → 3.14"),
    (reasons.ParameterChanged("lr", "0.1", "0.2"), "Parameter changed", "lr 0.1 → 0.2"),
    (reasons.ParameterChanged("lr", None, "0.2"), "Parameter added", "lr none → 0.2"),
    (reasons.ParameterChanged("xs", "1", "9" * 99), "Parameter changed", f"xs 1 → {'9' * 23}…"),
    (reasons.InputChanged("a.csv", OLD, NEW), "Input changed", "a.csv changed"),
    (reasons.InputChanged("a.csv", None, NEW), "Input added", "a.csv added"),
    (reasons.InputChanged("a.csv", OLD, None), "Input removed", "a.csv removed"),
    (reasons.InputChanged("a.csv", OLD, ""), "Input cannot be read", "a.csv cannot be read"),
    (reasons.InputChanged("a.csv", OLD, NEW, declared=False), "Undeclared input changed", "a.csv changed"),
    (reasons.EnvironmentChanged("SEED", OLD, NEW), "Environment variable changed", "SEED changed"),
    (reasons.DeclarationChanged("m.json", None, "out"), "Output declaration changed", "output m.json declared"),
    (
        reasons.DeclarationChanged("m.json", "out", None),
        "Output declaration changed",
        "output m.json no longer declared",
    ),
    (
        reasons.DeclarationChanged("m.json", "out", "metric"),
        "Output declaration changed",
        "output m.json declared as metric",
    ),
    (reasons.OutputMissing("m.json"), "Output missing", "m.json is missing"),
    (reasons.OutputEdited("m.json", OLD, NEW), "Output edited", "m.json is not as recorded"),
    (reasons.UpstreamRuns("clean"), "Upstream will run", "clean will run"),
]


@pytest.mark.parametrize(("reason", "named", "brief"), WORDS)
def test_every_reason_has_its_words(reason: reasons.Reason, named: str, brief: str) -> None:
    assert (title(reason), short((reason,))) == (named, brief)


def test_no_reason_was_forgotten() -> None:
    known = set(get_args(reasons.Reason.__value__))
    assert set(TITLES) == known
    assert {type(reason) for reason, *_ in WORDS} == known


def test_more_reasons_are_counted() -> None:
    assert short((reasons.CodeChanged((CHANGE, CHANGE)), reasons.Forced())) == "func:normalize changed (+2 more)"
    assert short(()) == ""


@pytest.mark.parametrize(
    ("decision", "word"),
    [
        (Decision("s", "skip"), "up to date"),
        (Decision("s", "restore", (reasons.OutputMissing("x"),)), "will restore"),
        (Decision("s", "run", (reasons.OutputMissing("x"),)), "will run"),
        (Decision("s", "run", (reasons.UpstreamRuns("x"),)), "may run"),
        (Decision("s", "run", (reasons.OutputMissing("x"), reasons.UpstreamRuns("x"))), "will run"),
    ],
)
def test_status(decision: Decision, word: str) -> None:
    assert status(decision) == word
