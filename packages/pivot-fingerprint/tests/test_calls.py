"""Project functions that begin to execute are recorded, each once, whatever other tools do."""

import gc
import sys
import textwrap
import threading
import weakref
from importlib.machinery import ModuleSpec
from typing import Any

import pytest

from pivot_fingerprint.calls import Calls, module_name
from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import Observed


def names(observed: Observed) -> set[str]:
    return {entry.qualname for entry in observed.functions}


class TestFunctions:
    SOURCE = """
        def outer(n):
            def inner(): return n
            return inner()

        def unused(): ...

        def generate():
            yield from (i for i in range(2))

        double = lambda x: x * 2

        def make():
            class Local:
                def method(self): return 1
            return Local().method()

        class Model:
            def fit(self): return self
            @property
            def score(self): return 1
            def never(self): ...

        async def go(): return 1

        def run():
            outer(1), list(generate()), double(2), make(), Model().fit().score
            try: go().send(None)
            except StopIteration: pass
    """

    def test_every_form(self, project) -> None:
        project.write("forms!.py", self.SOURCE)
        module = project.load("forms")
        observed = project.observe(module.run)
        assert names(observed) == {
            "run", "outer", "outer.<locals>.inner", "generate", "generate.<locals>.<genexpr>", "<lambda>", "make",
            "make.<locals>.Local.method", "Model.fit", "Model.score", "go",
        }  # fmt: skip
        assert (project.name("forms"), "<lambda>", 11) in observed.functions
        assert observed.sources == ((project.name("forms"), str(project.root / f"{project.name('forms')}.py")),)
        assert observed.modules == ()

    def test_each_observation_sees_them_anew(self, project) -> None:
        project.write("again!.py", "def f(): return g()\ndef g(): return 1\n")
        module = project.load("again")
        first, second = project.observe(module.f), project.observe(module.f)
        assert names(first) == {"f", "g"}
        assert first == second
        assert project.observe(lambda: None).functions == ()

    def test_nested_observations(self, project) -> None:
        project.write("nest!.py", "def f(): ...\ndef g(): ...\ndef h(): ...\n")
        module = project.load("nest")
        with observe([str(project.root)]) as outer:
            module.f()
            with observe([str(project.root)]) as inner:
                module.f()
                module.g()
            module.h()
        assert names(inner.observed) == {"f", "g"}
        assert names(outer.observed) == {"f", "g", "h"}

    def test_observation_that_ends_by_an_exception(self, project) -> None:
        project.write("fails!.py", "def f(): raise ValueError\n")
        module = project.load("fails")
        observation = observe([str(project.root)])
        with pytest.raises(ValueError), observation:
            module.f()
        assert names(observation.observed) == {"f"}
        assert sys.monitoring.get_tool(3) is None

    def test_other_threads(self, project) -> None:
        project.write("thread!.py", "def f(): ...\n")
        module = project.load("thread")

        def run() -> None:
            thread = threading.Thread(target=module.f)
            thread.start()
            thread.join()

        assert names(project.observe(run)) == {"f"}

    def test_standard_library_and_installed_code_are_not_recorded(self, project) -> None:
        project.write("lib/site-packages/installed!.py", "def f(): ...\n")
        sys.path.append(str(project.root / "lib" / "site-packages"))
        try:
            module = project.load("installed")
        finally:
            sys.path.pop()
        observed = project.observe(lambda: (module.f(), textwrap.dedent(" x")))
        assert observed.functions == ()

    def test_code_in_globals_without_a_name(self, project) -> None:
        path = project.write("nameless!.py", "def f(): ...\n")
        project.load("nameless")
        space: dict[str, Any] = {"__builtins__": {}}
        exec(compile(path.read_text(), str(path), "exec"), space)
        assert project.observe(space["f"]).functions == ((project.name("nameless"), "f", 1),)

    def test_nothing_is_kept_alive(self, project) -> None:
        project.write("mortal!.py", "def make():\n    def f(): ...\n    return f\n")
        made = project.load("mortal").make()
        project.observe(made)
        gone = weakref.ref(made)
        del made
        gc.collect()
        assert gone() is None

    def test_beside_other_tools(self, project) -> None:
        project.write("tools!.py", "def f(): ...\n")
        module = project.load("tools")
        monitoring = sys.monitoring
        seen: list[str] = []
        for tool in (monitoring.COVERAGE_ID, 3):
            monitoring.use_tool_id(tool, f"test {tool}")
            monitoring.register_callback(tool, monitoring.events.PY_START, lambda code, _: seen.append(code.co_name))
            monitoring.set_events(tool, monitoring.events.PY_START)
        traced: list[str] = []
        sys.setprofile(lambda frame, event, _: traced.append(frame.f_code.co_name) if event == "call" else None)
        try:
            observed = project.observe(lambda: (module.f(), module.f()))
            module.f()
        finally:
            sys.setprofile(None)
            for tool in (monitoring.COVERAGE_ID, 3):
                monitoring.set_events(tool, 0)
                monitoring.register_callback(tool, monitoring.events.PY_START, None)
                monitoring.free_tool_id(tool)
        assert names(observed) == {"f"}
        assert seen.count("f") == 6
        assert traced.count("f") == 3

    def test_all_tool_identifiers_taken(self, project) -> None:
        project.write("taken!.py", "def f(): open('a.txt').close()\n")
        project.write("a.txt", "a")
        module = project.load("taken")
        taken = [tool for tool in range(6) if sys.monitoring.get_tool(tool) is None]
        for tool in taken:
            sys.monitoring.use_tool_id(tool, "test")
        try:
            with observe([str(project.root)]) as observation:
                module.f()
        finally:
            for tool in taken:
                sys.monitoring.free_tool_id(tool)
        assert observation.observed.functions == ()
        assert "functions: every tool identifier of sys.monitoring is taken" in observation.observed.missing
        assert observation.observed.reads == (str(project.root / "a.txt"),)

    def test_next_owner_of_the_tool_identifier_inherits_nothing(self, project) -> None:
        project.write("owner!.py", "def f(): ...\n")
        module = project.load("owner")
        project.observe(module.f)
        seen: list[str] = []
        sys.monitoring.use_tool_id(3, "test")
        sys.monitoring.register_callback(3, sys.monitoring.events.PY_START, lambda code, _: seen.append(code.co_name))
        sys.monitoring.set_events(3, sys.monitoring.events.PY_START)
        module.f()
        sys.monitoring.set_events(3, 0)
        sys.monitoring.register_callback(3, sys.monitoring.events.PY_START, None)
        sys.monitoring.free_tool_id(3)
        assert "f" in seen


class TestModuleName:
    def test_as_the_globals_say(self) -> None:
        assert module_name({"__name__": "tools.report"}) == "tools.report"

    def test_run_as_a_module(self) -> None:
        assert module_name({"__name__": "__main__", "__spec__": ModuleSpec("tools.report", None)}) == "tools.report"

    def test_run_as_a_script(self) -> None:
        assert module_name({"__name__": "__main__", "__spec__": None}) == "__main__"

    @pytest.mark.parametrize("variables", [{}, {"__name__": None}, {"__name__": 1}])
    def test_no_name(self, variables: dict[str, Any]) -> None:
        assert module_name(variables) is None


class TestCalls:
    def test_a_file_is_judged_once(self, project) -> None:
        path = project.write("judged!.py", "def f(): return g()\ndef g(): ...\n")
        module = project.load("judged")
        judged: list[str] = []
        calls = Calls(lambda file: judged.append(file) or file == str(path))
        calls.start()
        module.f()
        calls.stop()
        assert judged.count(str(path)) == 1
        name = project.name("judged")
        assert list(calls.started) == [(name, "f", 1, str(path)), (name, "g", 2, str(path))]

    def test_identifiers_of_debuggers_stay_free(self) -> None:
        free = {tool for tool in range(6) if sys.monitoring.get_tool(tool) is None}
        calls = Calls(lambda _: False)
        calls.start()
        taken = {tool for tool in free if sys.monitoring.get_tool(tool) == "pivot"}
        calls.stop()
        assert len(taken) == 1
        assert taken <= {3, 4}
        assert {tool for tool in range(6) if sys.monitoring.get_tool(tool) is None} == free

    def test_stopped_in_the_order_of_starting(self, project) -> None:
        project.write("order!.py", "def f(): ...\ndef g(): ...\n")
        module = project.load("order")
        first, second = (Calls(lambda file: project.suffix in file) for _ in range(2))
        first.start()
        second.start()
        module.f()
        first.stop()
        module.g()
        second.stop()
        assert [name for _, name, *_ in first.started] == ["f"]
        assert [name for _, name, *_ in second.started] == ["f", "g"]
