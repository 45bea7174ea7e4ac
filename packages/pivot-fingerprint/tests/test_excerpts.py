"""Texts of parts: by the facts of a module alone, the same as by a look at all sources."""

from pathlib import Path

from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.excerpts import Excerpts
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.parts import Entry
from pivot_fingerprint.project import Project

WORK = """\
import random

random.seed(1)
LIMIT = 3
LIMIT = LIMIT + 1


class Model:
    rate = 1

    @property
    def size(self):
        return LIMIT

    @size.setter
    def size(self, value):
        random.random()


def run():
    model = Model()
    model.size = 3
    return model
"""


def test_each_part_has_the_text_that_a_look_at_all_gives_it(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    analysis = Analysis([str(tmp_path)], path=[])
    parts = analysis.fingerprints({"it": [Entry("work", "run")]})["it"].parts
    project, excerpts = Project(Finder([str(tmp_path)], []), PlainMemo()), Excerpts(PlainMemo())
    texts = {part.key: excerpts.text(part) for part in parts}
    assert all(text in (None, project.source(part)) for part, text in zip(parts, texts.values(), strict=True))
    assert {key for key, text in texts.items() if text is None} == {"const:work:LIMIT", "module:work:"}
    assert "".join(filter(None, texts.values())).count("def size") == 2
    assert "def" not in (texts["class:work:Model"] or "def")
    assert all(analysis.source(part) == project.source(part) for part in parts)


def test_what_is_gone_has_none(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    part = Analysis([str(tmp_path)], path=[]).fingerprints({"it": [Entry("work", "run")]})["it"].parts[-1]
    (tmp_path / "work.py").unlink()
    assert Excerpts(PlainMemo()).text(part) is None
