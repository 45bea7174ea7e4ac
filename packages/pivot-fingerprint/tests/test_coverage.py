"""What a fingerprint says of a run by itself, held against the answer of a look at the sources."""

from pathlib import Path

import pytest

from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.coverage import covers
from pivot_fingerprint.parts import Entry, Observed

WORK = """\
import functools


class Model:
    def fit(self):
        return [x for x in ()]

    def unused(self):
        return 1


@functools.cache
def helper():
    def inner():
        return 1

    return inner()


def run():
    return helper(), Model().fit()


def alone():
    return lambda: 1


TABLE = {"a": lambda: 1}
"""


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        (Entry("work", "run", 20), True),
        (Entry("work", "helper", 12), True),
        (Entry("work", "helper.<locals>.inner", 14), True),
        (Entry("work", "Model.fit", 5), True),
        (Entry("work", "Model.fit.<locals>.<listcomp>", 6), True),
        (Entry("work", "alone", 24), False),
        (Entry("work", "alone.<locals>.<lambda>", 25), False),
        (Entry("work", "<lambda>", 28), False),
        (Entry("work", "run", 24), False),  # another one of that name
        (Entry("work", "Model", 0), True),  # named by a pickle
        (Entry("work", "TABLE", 0), False),
    ],
)
def test_functions(tmp_path: Path, entry: Entry, covered: bool) -> None:
    (tmp_path / "work.py").write_text(WORK)
    analysis = Analysis([str(tmp_path)], path=[])
    entries = [Entry("work", "run")]
    found = analysis.fingerprints({"it": entries})["it"]
    observed = Observed(functions=(entry,))
    assert covers(found, observed, ["work"]) is covered
    if covered:
        assert analysis.unexpected(entries, observed) == analysis.unexpected(entries, observed, known=found) == ()


def test_modules(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    (tmp_path / "more.py").write_text("")
    analysis = Analysis([str(tmp_path)], path=[])
    entries = [Entry("work", "run")]
    found = analysis.fingerprints({"it": entries})["it"]
    observed = Observed(modules=(("work", "work.py"), ("more", "more.py")))
    assert not covers(found, observed, ["work"])
    assert covers(found, observed, ["work", "more"])
    assert analysis.unexpected(entries, observed, known=found) == (Entry("more", ""),)
    assert analysis.unexpected(entries, observed, known=found, imported=["more"]) == ()


def test_installed_modules(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    analysis = Analysis([str(tmp_path)])
    entries = [Entry("work", "run")]
    found = analysis.fingerprints({"it": entries})["it"]
    observed = Observed(requested=("blake3.blake3", "work"))
    assert not covers(found, observed, ["work"])
    assert analysis.unexpected(entries, observed, known=found) == (Entry("blake3.blake3", ""),)
    assert covers(found._replace(packages=(("blake3", "1"),)), observed, ["work"])
    assert covers(found, Observed(requested=("work",)), ["work"])
