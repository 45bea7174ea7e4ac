"""What objects may be, as far as their statements say."""

from pathlib import Path

from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.objects import Objects
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources

TEXT = """
import random
class Base:
    def run(self): ...
class App(Base):
    table = SHARED
    def __call__(self): ...
SHARED = {}
app = App()
again = app
keep = SHARED.setdefault
draw = random.Random(1)
def one(): return SHARED
held = [one]
wrapped = App(SHARED)
"""


def look(tmp_path: Path) -> tuple[Objects, dict[str, int]]:
    (tmp_path / "main.py").write_text(TEXT)
    sources = Sources(Finder([str(tmp_path)]), PlainMemo())
    module = sources.module("main")
    assert isinstance(module, Source)
    numbers = {one.name: module.first + at for at, one in enumerate(module.facts.definitions)}
    return Objects(Resolver(sources)), numbers


def test_classes_and_methods(tmp_path: Path) -> None:
    objects, numbers = look(tmp_path)
    assert objects.classes_of(numbers["app"]) == [numbers["App"]]
    assert objects.methods(numbers["App"], ("run",)) == [numbers["Base.run"]]
    assert objects.methods(numbers["App"], ("__",)) == [numbers["App.__call__"]]


def test_other_words_for_an_object(tmp_path: Path) -> None:
    objects, numbers = look(tmp_path)
    assert ("main", "app") in objects.aliases(numbers["again"])
    assert ("main", "SHARED") in objects.aliases(numbers["app"])
    assert ("main", "SHARED") in objects.aliases(numbers["App"])
    assert ("main", "SHARED") in objects.aliases(numbers["wrapped"])
    assert objects.aliases(numbers["SHARED"]) == set()
    assert objects.bound_to(numbers["keep"]) == {("main", "SHARED")}
    assert objects.given_by(numbers["one"]) == {("main", "SHARED")}


def test_functions_that_are_held(tmp_path: Path) -> None:
    objects, numbers = look(tmp_path)
    assert objects.functions_in(numbers["held"]) == [numbers["one"]]


def test_generators_of_numbers_change_with_every_use(tmp_path: Path) -> None:
    objects, numbers = look(tmp_path)
    assert not objects.is_stateful(numbers["app"])
    assert objects.is_stateful(numbers["draw"])
