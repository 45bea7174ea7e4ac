"""A warm server as the coordinator of a watch holds it: processes that find the pipeline's libraries imported already.

``Warm.start`` takes the place of ``interpreter.start`` for the host and for whatever loads the pipeline. A thread keeps
processes in store, so that none waits for a fork. Where forking is not safe, or a library would see another world than
in a Python of its own, processes are started anew, and ``notice`` says why. ``nursery`` is the other side.
"""

import os
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from time import time_ns

from pivot.execute import interpreter
from pivot.execute.descendants import adopt_orphans
from pivot.execute.installation import Stamps, environment, stamps, stands
from pivot.execute.nursery_process import NurseryProcess, Spare
from pivot.execute.wire import unpack
from pivot.pipeline_module import import_roots
from pivot_fingerprint.named import NamedTuple

IN_STORE = 2  # processes that wait to be something: a generation needs a host, and at times one that loads the pipeline
INSTEAD = "so each run imports its libraries anew"


class Wish(NamedTuple):
    """What processes are wanted for: names of packages, and what stands for the pipeline that imports them."""

    packages: tuple[str, ...]
    pipeline: object


class Warm:
    """Starts processes of one project; closed, it leaves none. ``notice`` is a sentence for the user, or None."""

    def __init__(self, root: str, pipeline: str, start_method: str) -> None:
        self.notice: str | None = None
        self._root = root
        self._pipeline = pipeline
        self._roots = import_roots(pipeline, root)
        self._able = start_method != "spawn"
        self._server: NurseryProcess | None = None
        self._spares: list[Spare] = []
        self._lock = threading.Lock()  # of the two above, and of what is said of the reasons
        self._wishes: SimpleQueue[Wish | None] = SimpleQueue()
        self._keeper: threading.Thread | None = None
        self._files: Stamps = {}  # of what the server has imported; replaced as a whole
        # what the server knows; the keeper's own
        self._imported: set[str] = set()
        self._tops: frozenset[str] = frozenset()
        self._tried: object = None
        if self._able and sys.platform != "linux":
            self.give_up("forking is not safe on this system")

    def start(self, code: str, descriptors: Sequence[int], *, session: bool) -> int:
        """Start a process as ``interpreter.start`` does: forked if one is in store, else a Python of its own."""
        if self._able:
            self._mind_shadows()
        if self._server is not None and not (self._server.environment == environment() and stands(self._files)):
            self.forget()  # something was installed, or edited where it is
        while True:
            with self._lock:
                spare = self._spares.pop() if self._able and self._spares else None
            if spare is None:
                return interpreter.start(code, descriptors, session=session)
            with suppress(OSError):  # it has died
                spare.become(code, descriptors, session=session)
                return spare.pid
            spare.end()

    def prepare(self, packages: Sequence[str], pipeline: object) -> None:
        """Have processes in store that find these packages imported, and what else the pipeline imports."""
        if not self._able or self._mind_shadows():
            return
        if self._keeper is None:
            adopt_orphans()
            self._keeper = threading.Thread(target=self._keep, name="pivot warm", daemon=True)
            self._keeper.start()
        self._wishes.put(Wish(tuple(packages), pipeline))

    def give_up(self, why: str) -> None:
        """Start every process anew from now on."""
        with self._lock:
            self.notice = f"{why}, {INSTEAD}"
            self._able = False  # after the notice: whoever sees the one, in another thread, sees the other
        self.forget()

    def forget(self) -> None:
        """End the server and all that waits; the next ``prepare`` begins anew."""
        with self._lock:
            server, self._server = self._server, None
            spares, self._spares = self._spares, []
        for spare in spares:
            spare.end()
        if server is not None:
            server.end()

    def close(self) -> None:
        """End everything."""
        self._able = False
        self.forget()
        if self._keeper is not None:
            self._wishes.put(None)
            self._keeper.join()
            self._keeper = None
            self.forget()

    # The thread that keeps the store

    def _keep(self) -> None:
        while (wish := self._wishes.get()) is not None:
            if self._able and self._wishes.empty():
                with suppress(OSError, EOFError):  # the server has ended: the next wish starts another
                    self._grant(wish)
                    continue
                self.forget()

    def _grant(self, wish: Wish) -> None:
        server = self._server
        if server is None:
            self._imported, self._tops, self._tried, self._files = set(), frozenset(), None, {}
            server = NurseryProcess(environment())
            with self._lock:
                self._server = server
        if not self._teach(server, wish.packages):
            return
        if wish.pipeline != self._tried:
            self._tried = wish.pipeline
            variables, names = self._try(server)
            if variables:
                self.give_up(f"importing the pipeline sets {', '.join(variables[:3])}, which libraries may read before")
                return
            if not self._teach(server, names):
                return
        while len(self._spares) < IN_STORE:
            spare = server.fork()
            with self._lock:
                if self._server is server:
                    self._spares.append(spare)
                    continue
            spare.end()
            return

    def _teach(self, server: NurseryProcess, names: Iterable[str]) -> bool:
        """Have the server import what it has not yet; False if it must not be used then."""
        new = [name for name in names if name not in self._imported]
        if not new:
            return True
        began = time_ns()
        answer = server.ask(["import", new, self._roots])
        self._files = {**stamps(answer["files"], began), **self._files}
        self._imported.update(new)
        self._tops = frozenset(answer["tops"])
        if problem := answer["obstacle"]:
            self.give_up(problem)
        if problem or self._mind_shadows():
            return False
        with self._lock:
            spares, self._spares = self._spares, []
        for spare in spares:
            spare.end()
        return True

    def _try(self, server: NurseryProcess) -> tuple[list[str], list[str]]:
        """Import the pipeline in a fork, and return the variables that it sets and modules that it imports besides."""
        spare = server.fork()
        answer = interpreter.anonymous_file()
        alive, held = os.pipe()
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            code = f"from pivot.execute.trial import main; main({self._root!r}, {self._pipeline!r}, 3, 4)"
            spare.become(code, [null, null, null, answer, alive], session=False)
            os.waitpid(spare.pid, 0)
            data = os.pread(answer, os.fstat(answer).st_size, 0)
        finally:
            for one in (answer, alive, held, null):
                os.close(one)
        variables, names = unpack(data) if data else ([], [])
        return variables, names

    def _mind_shadows(self) -> bool:
        """Start every process anew while the project has a module in place of one that the server imported."""
        shadow = self._shadow()
        with self._lock:
            if self._able:  # else there is a better reason
                self.notice = shadow and f"{shadow}, {INSTEAD}"
        if shadow:
            self.forget()
        return shadow is not None

    def _shadow(self) -> str | None:
        """Return that a module of the project would be imported in place of one that was, or was looked for."""
        for root in self._roots:
            with suppress(OSError):
                for name in {one.removesuffix(".py") for one in os.listdir(root)} & self._tops:
                    place = os.path.join(root, name)
                    if os.path.isfile(f"{place}.py") or os.path.isfile(os.path.join(place, "__init__.py")):
                        return f"the project has a module {name}, as an installed package has"
        return None
