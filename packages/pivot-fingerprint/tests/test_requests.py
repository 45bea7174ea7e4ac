"""Modules that project code imports by names that its source does not spell out."""

import fractions
import pickle
import sys

import blake3
import pytest

from pivot_fingerprint.parts import Entry, ImportRead, Observed
from pivot_fingerprint.requests import Requests


def requested(observed: Observed) -> set[str]:
    return set(observed.requested)


@pytest.mark.parametrize(
    "call",
    [
        "import importlib; importlib.import_module(name)",
        "from importlib import import_module as load; load(name)",
        "import pkgutil; pkgutil.resolve_name(name)",
        "from importlib.metadata import EntryPoint; EntryPoint('x', name, 'g').load()",
    ],
)
def test_every_way_also_to_what_is_loaded(project, call: str) -> None:
    project.write("asks!.py", f"def ask(name):\n    {call}\n")
    module = project.load("asks")
    assert "blake3" in requested(project.observe(lambda: (module.ask("blake3"), module.ask(blake3.__name__))))


def test_import_function_where_it_loads(project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("site-packages/lib!.py", "")
    monkeypatch.syspath_prepend(str(project.root / "site-packages"))
    project.write("asks!.py", "def ask(name):\n    return __import__(name)\n")
    module = project.load("asks")
    name = project.name("lib")
    assert requested(project.observe(lambda: (module.ask(name), module.ask("colorsys")))) == {name}


def test_what_a_library_asks_for_is_its_own_business(project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("site-packages/lib!.py", "import importlib\ndef ask(name):\n    importlib.import_module(name)\n")
    monkeypatch.syspath_prepend(str(project.root / "site-packages"))
    module = project.load("lib")
    assert requested(project.observe(lambda: module.ask("blake3"))) == set()


def test_what_a_pickle_names(project) -> None:
    project.write("reads!.py", "import pickle\ndef read(data):\n    return pickle.loads(data)\n")
    module = project.load("reads")
    data = pickle.dumps([fractions.Fraction(1, 2), pytest.ExitCode])
    assert requested(project.observe(lambda: module.read(data))) == {pytest.ExitCode.__module__}


def test_while_a_module_is_imported_the_statement_has_it(project) -> None:
    project.write("asks!.py", "import importlib\nNAME = 'blake' + '3'\nFOUND = importlib.import_module(NAME)\n")
    observed = project.observe(lambda: project.load("asks"))
    name = project.name("asks")
    assert ImportRead("package", "blake3", None, name, 3) in observed.imports
    assert "blake3" not in requested(observed)


def test_statements_say_all_also_of_the_packages_around_a_module(project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("site-packages/lib!/inner/leaf.py", "")
    project.write("site-packages/lib!/__init__.py", "")
    project.write("site-packages/lib!/inner/__init__.py", "")
    monkeypatch.syspath_prepend(str(project.root / "site-packages"))
    project.write("parts!/one.py", "import colorsys\n")
    project.write("asks!.py", f"from {project.name('lib')}.inner.leaf import __name__\nimport parts!.one\n")
    observed = project.observe(lambda: project.load("asks"))
    assert project.name("lib") in sys.modules
    assert [read for read in observed.imports if read.kind == "package"] == []
    assert requested(observed) == {project.name("asks")}


def test_nothing_is_left_behind(project) -> None:
    taken = [identifier for identifier in range(6) if sys.monitoring.get_tool(identifier)]
    project.observe(lambda: None)
    assert [identifier for identifier in range(6) if sys.monitoring.get_tool(identifier)] == taken


def test_no_identifier_left_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pivot_fingerprint.requests.take_identifier", lambda: None)
    requests = Requests(lambda _: True, lambda *_: None)
    requests.start()
    requests.stop()
    assert requests.missing is not None


def test_names_that_do_not_stand_where_they_are_asked_for(project) -> None:
    project.write("parts!.py", "")
    project.write(
        "asks!.py",
        """\
        import importlib.util
        def given(name):
            return importlib.import_module(name)
        def spelled():
            return importlib.import_module('parts!')
        def look(name):
            return importlib.util.find_spec(name)
        def looked():
            return importlib.util.find_spec('none')
        FOUND = given('parts!')
        """,
    )
    seen = project.observe(lambda: project.load("asks"))
    module, name = project.load("asks"), project.name("parts")
    assert ImportRead("module", name, None, project.name("asks"), 10) in seen.imports
    assert project.observe(lambda: module.given(name)).computed == (name,)
    spelled = project.observe(module.spelled)
    assert (spelled.computed, spelled.requested) == ((), (name,))
    assert project.observe(lambda: module.look("else" + "where")).computed == ("elsewhere",)
    assert project.observe(module.looked).requested == ()


def test_a_module_that_is_not_there_is_awaited(project) -> None:
    project.write(
        "pack!/__init__.py", "import importlib\ndef ask(name):\n    importlib.import_module('.' + name, __name__)\n"
    )
    module = project.load("pack")

    def ask() -> None:
        with pytest.raises(ModuleNotFoundError):
            module.ask("none")

    place = project.root / project.name("pack") / "none"
    assert project.observe(ask).reads == (f"{place}.py", str(place / "__init__.py"))


def test_what_a_pickle_names_of_the_project(project) -> None:
    project.write(
        "reads!.py", "import pickle\nclass Model:\n    RATE = 1\ndef read(data):\n    return pickle.loads(data).RATE\n"
    )
    module = project.load("reads")
    data = pickle.dumps(module.Model())
    assert Entry(project.name("reads"), "Model") in project.observe(lambda: module.read(data)).functions
