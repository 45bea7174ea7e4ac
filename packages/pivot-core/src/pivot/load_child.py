"""The process that imports a ``pipeline.py`` and answers with its manifest, or with what is wrong.

Started by ``load``, which waits for the answer. What the user's code prints goes to standard error; the answer has a
descriptor of its own. The imports of this module are part of the time that every change of a pipeline costs.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import orjson

from pivot.claims import check_code
from pivot.describe import describe
from pivot.errors import PivotError
from pivot.execute import preloaded
from pivot.execute.interpreter import end_with
from pivot.glances import Glances
from pivot.grounds import Ground
from pivot.manifest import Manifest, Ran, encode
from pivot.pipeline import Pipeline
from pivot.pipeline_module import import_pipeline, import_roots
from pivot_fingerprint import Observed
from pivot_fingerprint.access import file_digest, listing_digest
from pivot_fingerprint.calls import Calls
from pivot_fingerprint.importing import Source, install, is_project, normal_roots
from pivot_fingerprint.observe import observe

# What an answer begins with: a bug is one of Pivot's own, with its traceback; too late are variables that the pipeline
# sets, for libraries that were imported before it.
MANIFEST, ERROR, BUG, TOO_LATE = b"M", b"E", b"B", b"S"
_INTERNAL = frozenset({"annotated_types", "pydantic_core", "typing_extensions", "typing_inspection"})


def main(root: str, pipeline_py: str, descriptor: int, alive: int) -> None:
    """Import the pipeline and write the answer to a descriptor. The paths are absolute.

    Once nobody holds the other end of the pipe ``alive``, nobody waits for the answer, and this process ends.
    """
    end_with(alive)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.argv[:] = [pipeline_py]
    os.set_inheritable(descriptor, False)
    try:
        answer = MANIFEST + encode(make_manifest(root, pipeline_py))
        if variables := preloaded.changed_variables():
            answer = TOO_LATE + ", ".join(variables).encode(errors="backslashreplace")
    except PivotError as error:
        if error.file and os.path.isabs(error.file):
            error.file = _relative(error.file, root)
        fields = {name: _as_text(value) for name, value in error.fields().items()}
        answer = ERROR + orjson.dumps([type(error).__name__, _as_text(error.problem), fields])
    except Exception:
        import traceback

        answer = BUG + traceback.format_exc().encode(errors="backslashreplace")
    with os.fdopen(descriptor, "wb") as file:
        file.write(answer)


def _as_text(value: object) -> object:
    """Return a text without lone surrogates, which neither JSON nor a terminal takes; anything else as it is."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def make_manifest(root: str, pipeline_py: str) -> Manifest:
    """Import the pipeline in this process and return what is known of it then.

    Raises DeclarationError, and PipelineFailed for whatever the user's code raises.
    """
    roots = normal_roots(import_roots(pipeline_py, root))
    found = preloaded.found()
    before = frozenset(sys.modules) - found.modules
    loaded = install(roots)
    missed = _Missed(found.missed)
    sys.meta_path.append(missed)
    ran = Calls(lambda file: is_project(file, roots))
    ran.start()
    glances = Glances(ran.is_project)
    with preloaded.Requests(roots) as requests, observe(roots, functions=False) as watch:
        pipeline = _users(lambda: import_pipeline(pipeline_py, root), root)
    sys.meta_path.remove(missed)
    stages = _users(lambda: describe(pipeline, root), root, whoever=False)  # parameters are made by the user's code
    glances.stop()
    ran.stop()
    seen = watch.observed
    installed = tuple(_packages(before, {name for name, _ in seen.modules}))
    packages = tuple(name for name in installed if name not in found.modules or name in requests.tops)
    sources = _sources(loaded.sources, seen)
    check_code(pipeline.stages.values(), root, (_relative(file, root) for _, file in sources))
    inputs = {
        **sources,
        **_looked_for(roots, seen, installed, missed),
        **_accessed(seen),
        **_params_files(pipeline),
        **{("unseen", what): None for what in seen.missing},
    }
    return Manifest(
        _relative(pipeline_py, root),
        pipeline.name,
        stages,
        tuple(sorted({name for name, _ in seen.modules})),
        packages,
        seen.imports,
        tuple(Ground(kind, _relative(name, root), digest) for (kind, name), digest in sorted(inputs.items())),
        () if glances.looked or ran.missing else tuple(_ran(seen, ran, root)),
        glances.saw_lines,
    )


def _users[Made](make: Callable[[], Made], root: str, *, whoever: bool = True) -> Made:
    """Return what ``make`` makes; what the user's code raises becomes PipelineFailed, what Pivot's own raises only if
    ``whoever`` did is to be told so."""
    try:
        return make()
    except PivotError:
        raise
    except BaseException as error:  # also sys.exit
        from pivot.execute import blame  # traceback and what it imports take 6 ms

        failed = blame.not_imported(error, root)
        if failed.file is None and not whoever:
            raise
        raise failed from None


def _ran(seen: Observed, ran: Calls, root: str) -> Iterator[Ran]:
    """Yield the modules with their functions that were executed."""
    functions: dict[str, set[tuple[str, int]]] = {}
    for _, qualname, line, file in ran.started:
        if not qualname.endswith(">"):  # lambdas and the like are seen in any case
            functions.setdefault(file, set()).add((qualname.rpartition(".")[2], line))
    for module, file in sorted(seen.modules):
        yield Ran(_relative(file, root), module, tuple(sorted(functions.get(file, ()))))


# --- what the manifest depends on ------------------------------------------------------------------------------------

type _Inputs = dict[tuple[str, str], str | None]  # (kind, absolute path or variable) -> digest


def _sources(compiled: Iterable[Source], seen: Observed) -> _Inputs:
    """Return the modules of the project, with the digests of the very bytes that were compiled."""
    found: _Inputs = {("source", file): file_digest(file) for _, file in seen.modules}
    return found | {("source", source.file): source.digest for source in compiled}


def _accessed(seen: Observed) -> _Inputs:
    """Return what was read besides sources; digests are those from before the read, where they are known."""
    known = {(read.kind, read.name): read.digest for read in reversed(seen.imports)}
    files = {("file", path): known.get(("file", path)) or file_digest(path) for path in seen.reads}
    listings = {("listing", path): known.get(("listing", path)) or listing_digest(path) for path in seen.listings}
    accessed = {(kind if digest else "absent", path): digest for (kind, path), digest in (files | listings).items()}
    return accessed | {("env", name): digest for name, digest in seen.env}


def _params_files(pipeline: Pipeline) -> _Inputs:
    directories = {pipeline.directory, *(stage.directory for stage in pipeline.stages.values())}
    digests = {path: file_digest(path) for path in (os.path.join(one, "params.yaml") for one in directories)}
    return {("file" if digest else "absent", path): digest for path, digest in digests.items()}


def _looked_for(roots: Sequence[str], seen: Observed, packages: Iterable[str], missed: "_Missed") -> _Inputs:
    """Return the files that are not there, and would be imported instead of what was found if they were."""
    modules = dict(seen.modules)
    found = {one for name, file in modules.items() for one in _before(name, file, roots)}
    tops = {*packages, *missed.tops, *(name.partition(".")[0] for name in modules)} - modules.keys()
    found.update(one for top in tops for root in roots for one in _candidates(root, top))
    for directory, name in missed.inside:
        if directory.startswith(tuple(root + os.sep for root in roots)) and "site-packages" not in directory:
            found.update(_candidates(directory, name))
    return {("absent", path): None for path in found if not os.path.lexists(path)}


def _before(name: str, file: str, roots: Sequence[str]) -> Iterator[str]:
    """Yield the files that the import system asks for before the one that it found."""
    parent = os.path.dirname(os.path.dirname(file) if os.path.basename(file) == "__init__.py" else file)
    for directory in (parent,) if "." in name else roots:
        for candidate in _candidates(directory, name.rpartition(".")[2]):
            if candidate == file:
                return
            yield candidate


def _candidates(directory: str, name: str) -> Iterator[str]:
    yield os.path.join(directory, name, "__init__.py")
    yield os.path.join(directory, f"{name}.py")


class _Missed:
    """The last finder of the import system: hears of every module that nobody found, and finds none itself."""

    def __init__(self, tops: Iterable[str] = ()) -> None:
        self.tops: dict[str, None] = dict.fromkeys(tops)
        self.inside: dict[tuple[str, str], None] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None:
            self.tops[name] = None
        else:
            self.inside.update(((directory, name.rpartition(".")[2]), None) for directory in path)
        return None


# --- small things ----------------------------------------------------------------------------------------------------


def _packages(before: frozenset[str], project: set[str]) -> Iterator[str]:
    """Yield the top-level names of the third-party modules that were imported, in alphabetical order."""
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        installed = not {"site-packages", "dist-packages"}.isdisjoint(file.split(os.sep))
        if installed and not name.startswith("_") and "." not in name and name not in before | project | _INTERNAL:
            yield name


def _relative(path: str, root: str) -> str:
    return path.removeprefix(root.rstrip("/") + "/")
