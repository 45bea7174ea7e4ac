"""Which fingerprints differ between two answers, as they are kept."""

from pathlib import Path

import pytest

from pivot_fingerprint import Analysis, Entry
from pivot_fingerprint.differing import differing
from pivot_fingerprint.memo import PlainMemo

ENTRIES = {name: (Entry("stages", name),) for name in ("one", "two", "three")}
STAGES = "import used\ndef one():\n    return used.f()\ndef two():\n    return used.g()\ndef three():\n    return 3\n"
USED = "def f():\n    return h()\ndef g():\n    return 2\ndef h():\n    return 1\n"


def answer(root: Path, entries=ENTRIES, **texts: str) -> bytes:
    for name, text in {"stages": STAGES, "used": USED, **texts}.items():
        (root / f"{name}.py").write_text(text)
    analysis = Analysis([str(root)], memo=PlainMemo())
    analysis.fingerprints(entries)
    found = analysis.answer()
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, set()),
        ({"used": USED.replace("return 2", "return 7")}, {"two"}),
        ({"used": USED.replace("return 1", "return 7")}, {"one"}),
        ({"used": "# said\n" + USED}, set()),
        ({"used": USED.replace("return 2", "return h()")}, {"two"}),
        ({"stages": STAGES.replace("return 3", "return used.h()")}, {"three"}),
        ({"used": USED + "import random\nf = random.choice\n"}, {"one"}),
    ],
)
def test_a_name_differs_with_what_it_reaches(tmp_path: Path, texts: dict[str, str], expected: set[str]) -> None:
    assert differing(answer(tmp_path), answer(tmp_path, **texts)) == expected


def test_a_name_that_was_not_asked_for_before_differs(tmp_path: Path) -> None:
    before = answer(tmp_path, {"one": ENTRIES["one"]})
    assert differing(before, answer(tmp_path)) == {"two", "three"}
    assert differing(answer(tmp_path), before) == set()


@pytest.mark.parametrize("damaged", [b"", b"[]\n[]", b"[]\n[[], [[]]]", b"[]\n[[[]], []]", b"{}\n{}"])
def test_what_is_damaged_tells_nothing(tmp_path: Path, damaged: bytes) -> None:
    assert differing(damaged, answer(tmp_path)) is None
