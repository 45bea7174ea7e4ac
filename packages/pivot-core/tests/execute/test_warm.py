"""The warm server and what it forks, with real processes."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pivot.execute import installation, interpreter, warm
from pivot.execute.warm import IN_STORE, Warm

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked on other systems"),
    pytest.mark.skipif(find_spec("numpy") is None, reason="numpy is what is imported ahead"),
]

PIPELINE = "import pivot\npipeline = pivot.Pipeline('p')\n"
ASK = "import sys, os, json; os.write(3, json.dumps({expression}).encode())"


class Bench:
    def __init__(self, root: Path, method: str = "auto") -> None:
        self.root = root
        self.warm = Warm(str(root), str(root / "pipeline.py"), method)

    def prepare(self, *packages: str, pipeline: object = 1) -> None:
        """Prepare, and wait until processes are in store or it is known that none will be."""
        self.warm.prepare(packages, pipeline)
        give_up = time.monotonic() + 40
        while (len(self.warm._spares) < IN_STORE or not self.warm._wishes.empty()) and self.warm._able:
            assert time.monotonic() < give_up
            time.sleep(0.01)

    def ask(self, expression: str, before: str = "") -> Any:
        """Return what an expression is in a process that was started."""
        answer = interpreter.anonymous_file()
        null = os.open(os.devnull, os.O_RDWR)
        code = f"{before}\n" + ASK.format(expression=expression)
        pid = self.warm.start(code, [null, null, null, answer], session=True)
        assert os.waitpid(pid, 0)[1] == 0
        data = os.pread(answer, 4096, 0)
        os.close(answer)
        os.close(null)
        return json.loads(data)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(pipeline: str = PIPELINE, method: str = "auto", **files: str) -> Bench:
        for name, text in {"pipeline": pipeline, **files}.items():
            (tmp_path / f"{name}.py").write_text(text)
        made.append(Bench(tmp_path, method))
        return made[-1]

    yield make
    for one in made:
        one.warm.close()


def test_processes_find_packages_imported_and_no_project_code(bench: Any) -> None:
    one = bench("import helper, xml.dom\n" + PIPELINE, helper="")
    assert not one.ask("'numpy' in sys.modules")
    one.prepare("numpy")
    names = ["numpy", "pivot.execute.host", "helper", "pipeline", "xml.dom"]
    assert one.ask(f"[name in sys.modules for name in {names}]") == [True, True, False, False, False]


def test_each_is_as_if_started_anew(bench: Any) -> None:
    one = bench()
    one.prepare("numpy")
    facts = "[os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid(), sorted(map(int, os.listdir('/dev/fd')))[:5]]"
    assert one.ask(facts) == [True, True, [0, 1, 2, 3, 4]]  # 4 is that of the question
    one.prepare("numpy")
    draws = [one.ask("float(numpy.random.rand())", "import numpy") for _ in range(2)]
    assert draws[0] != draws[1]


def test_what_else_the_pipeline_imports_is_learned(bench: Any) -> None:
    one = bench("import numpy.testing, numpy.polynomial.laguerre\n" + PIPELINE)
    one.prepare("numpy")
    assert one.ask("'numpy.polynomial.laguerre' in sys.modules")


def test_the_store_is_filled_again(bench: Any) -> None:
    one = bench()
    one.prepare()
    for _ in range(IN_STORE):
        assert one.ask("'pivot.execute.host' in sys.modules")
    assert not one.ask("'pivot.execute.host' in sys.modules")
    one.prepare()
    assert one.ask("'pivot.execute.host' in sys.modules")


def test_a_new_package_is_imported_into_it(bench: Any) -> None:
    one = bench()
    one.prepare()
    assert not one.ask("'numpy' in sys.modules")
    one.prepare("numpy", pipeline=2)
    assert one.ask("'numpy' in sys.modules")


def test_variables_that_the_pipeline_sets_must_come_first(bench: Any) -> None:
    one = bench("import os\nos.environ['OMP_NUM_THREADS'] = '1'\nimport numpy\n" + PIPELINE)
    one.prepare("numpy")
    assert one.warm.notice == (
        "importing the pipeline sets OMP_NUM_THREADS, which libraries may read before, "
        "so each run imports its libraries anew"
    )
    assert not one.ask("'numpy' in sys.modules")


def test_a_module_of_the_project_that_takes_the_place_of_an_installed_one(bench: Any) -> None:
    one = bench()
    one.prepare("numpy")
    (one.root / "numpy").mkdir()  # data, or a namespace that comes last
    assert one.ask("'numpy' in sys.modules")
    (one.root / "numpy" / "__init__.py").touch()
    assert not one.ask("'numpy' in sys.modules") and "module numpy" in str(one.warm.notice)
    one.warm.prepare(["numpy"], 1)
    assert not one.warm._spares and one.warm._wishes.empty()
    (one.root / "numpy" / "__init__.py").unlink()
    one.prepare("numpy")
    assert one.ask("'numpy' in sys.modules") and one.warm.notice is None


def test_another_environment_is_another_server(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench()
    one.prepare("numpy")
    monkeypatch.setattr(warm, "environment", lambda: "something was installed")
    assert not one.ask("'numpy' in sys.modules")
    one.prepare("numpy")
    assert one.ask("'numpy' in sys.modules")


def test_a_library_that_is_edited_where_it_is_does_not_live_on(
    bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library = tmp_path / "site-packages" / "library" / "core.py"
    library.parent.mkdir(parents=True)
    library.write_text("VALUE = 1\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site-packages"))
    monkeypatch.setattr(installation, "COARSE", -(10**12))  # it was written long ago
    one = bench()
    one.prepare("library.core")
    assert one.ask("'library.core' in sys.modules")
    library.write_text("VALUE = 20\n")
    for preloaded in (False, True):
        assert one.ask("['library.core' in sys.modules]") == [preloaded]
        assert one.ask("library.core.VALUE", "import library.core") == 20
        one.prepare("library.core")


def test_one_that_died_is_made_up_for(bench: Any) -> None:
    one = bench()
    one.prepare("numpy")
    for spare in one.warm._spares:
        os.kill(spare.pid, 9)
        os.waitid(os.P_PID, spare.pid, os.WEXITED | os.WNOWAIT)
    assert not one.ask("'numpy' in sys.modules")
    assert one.warm._server is not None
    os.kill(one.warm._server.pid, 9)
    one.warm.forget()
    one.prepare("numpy")
    assert one.ask("'numpy' in sys.modules")


def test_on_other_systems_nothing_is_forked(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    one = bench()
    one.prepare("numpy")
    assert one.warm._keeper is None and str(one.warm.notice).startswith("forking is not safe on this system")


def test_what_must_not_be_forked_is_not(bench: Any) -> None:
    one = bench(method="spawn")
    one.prepare("numpy")
    assert not one.ask("'numpy' in sys.modules") and one.warm.notice is None


def test_a_thread_of_a_library_forbids_it(bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library = tmp_path / "site-packages" / "threaded"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(library.parent))
    one = bench()
    one.prepare("threaded")
    assert "started 1 thread" in str(one.warm.notice)
    assert not one.ask("'threaded' in sys.modules")


def test_closed_it_leaves_no_process(bench: Any) -> None:
    one = bench()
    one.prepare("numpy")
    pids = [one.warm._server.pid, *(spare.pid for spare in one.warm._spares)]
    one.warm.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
