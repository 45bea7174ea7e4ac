"""What a change outside the project is felt by."""

from pathlib import Path

import pytest

from pivot_fingerprint.influence import Influence
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.sources import Outside, Sources


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """Four distributions: frames requires arrays, all require tests as an extra."""
    for name, requires in (("arrays", ""), ("frames", "Requires-Dist: arrays>=1\n"), ("charts", ""), ("tests", "")):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}Requires-Dist: tests; extra == 'test'\n"
        )
        (info / "RECORD").write_text(f"{name}.py,,\n")
        (tmp_path / f"{name}.py").write_text("")
    found = Sources(Finder([str(tmp_path / "project")], [str(tmp_path)]), PlainMemo())
    found.modules.update({name: Outside("standard", name) for name in ("json", "math", "random")})
    return found


def uses(sources: Sources, *names: str) -> Influence:
    return Influence(sources, [one for name in names if isinstance(one := sources.module(name), Outside)])


def test_the_standard_library_is_felt_by_its_users_and_by_all_that_is_installed(sources: Sources) -> None:
    assert uses(sources, "json").feels("=json.dumps")
    assert not uses(sources, "math").feels("=json.dumps")
    assert uses(sources, "arrays").feels("=json.dumps")
    assert not uses(sources).feels("=json.dumps")


def test_some_modules_concern_the_whole_process(sources: Sources) -> None:
    assert uses(sources, "math").feels("random.seed")
    assert not uses(sources).feels("random.seed")
    assert uses(sources).feels("sys.setrecursionlimit")
    assert uses(sources).feels("=builtins.shout")


def test_a_distribution_is_felt_by_those_that_require_it(sources: Sources) -> None:
    assert uses(sources, "arrays").feels("=arrays.limit")
    assert uses(sources, "frames").feels("=arrays.limit")
    assert not uses(sources, "charts").feels("=arrays.limit")
    assert not uses(sources, "frames").feels("=charts.theme")
    assert not uses(sources, "math").feels("=charts.theme")
    assert not uses(sources, "charts").feels("=tests.mode")


def test_an_unknown_call_may_have_changed_anything(sources: Sources) -> None:
    assert uses(sources, "charts").feels("arrays.setup")
    assert uses(sources, "math").feels("arrays.setup")
    assert not uses(sources).feels("arrays.setup")
    assert uses(sources, "math").feels("missing.setup")


def test_options_of_another_distribution_are_felt_by_its_users(tmp_path: Path) -> None:
    for name in ("matplotlib", "seaborn"):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "RECORD").write_text(f"{name}.py,,\n")
        (tmp_path / f"{name}.py").write_text("")
    found = Sources(Finder([str(tmp_path / "project")], [str(tmp_path)]), PlainMemo())
    found.modules["math"] = Outside("standard", "math")
    assert uses(found, "matplotlib").feels("seaborn.set_theme")
    assert not uses(found, "math").feels("seaborn.set_theme")
