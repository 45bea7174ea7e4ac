"""A stand-in for Pivot that only executes: as much of its authoring interface as the cases use.

It decides nothing and remembers nothing, so what it writes is what a project's stages give now. Used by ``oracle.py``,
so that the cases are tested, and the library on them, where Pivot itself is not installed.
"""

import json
import pickle
import types
import typing
from pathlib import Path


class JSON:
    def load(self, path):
        return json.loads(path.read_text())

    def save(self, value, path):
        path.write_text(json.dumps(value))


class Text:
    def load(self, path):
        return path.read_text()

    def save(self, value, path):
        path.write_text(value)


class Pickle:
    def load(self, path):
        return pickle.loads(path.read_bytes())

    def save(self, value, path):
        path.write_bytes(pickle.dumps(value))


class Reader:
    """Base of a user's loader."""

    def __class_getitem__(cls, _):
        return cls


Writer = Loader = Reader
loaders = types.SimpleNamespace(JSON=JSON, Text=Text, Pickle=Pickle, Reader=Reader, Writer=Writer, Loader=Loader)


class Dep(typing.NamedTuple):
    path: str
    loader: object = JSON()


class Out(typing.NamedTuple):
    path: str
    loader: object = JSON()


class Stage(typing.NamedTuple):
    name: str
    function: typing.Callable
    params: object
    deps: dict
    outs: Out | None

    def inputs(self):
        """Return {parameter: Dep}, the registered path in place of the declared one."""
        declared = {name: dep for name, hint in _hints(self.function).items() if (dep := _mark(hint, Dep))}
        return {name: dep._replace(path=self.deps.get(name, dep.path)) for name, dep in declared.items()}

    @property
    def output(self):
        """The Out where the returned value goes; the stages of the cases have one each."""
        return self.outs or _mark(_hints(self.function).get("return"), Out)

    def parameters(self):
        """Return {parameter: value} of those that are a StageParams: what is registered, then what params.yaml says."""
        given = {**dict(self.params or {}), **_params_file().get(self.name, {})}
        kinds = {name: hint for name, hint in _hints(self.function).items() if isinstance(hint, type)}
        return {
            name: kind(**given)
            for name, kind in kinds.items()
            if any(base.__name__ == "StageParams" for base in kind.__mro__)
        }

    def run(self):
        """Load the inputs, run the function, save what it returns."""
        loaded = {name: dep.loader.load(Path(dep.path)) for name, dep in self.inputs().items()}
        self.output.loader.save(self.function(**loaded, **self.parameters()), Path(self.output.path))


class Pipeline:
    """Registered stages, in order."""

    def __init__(self, name):
        self.name = name
        self.stages = {}

    def register(self, function, *, name=None, params=None, deps=None, outs=None, mutex=()):
        name = name or function.__name__
        self.stages[name] = Stage(name, function, params, deps or {}, outs)


def __getattr__(name):
    if name != "StageParams":
        raise AttributeError(name)
    import pydantic  # only the cases with parameters need it

    class StageParams(pydantic.BaseModel):
        pass

    globals()[name] = StageParams
    return StageParams


def _hints(function):
    function = getattr(function, "func", function)
    return typing.get_type_hints(function, include_extras=True) if hasattr(function, "__annotations__") else {}


def _mark(hint, kind):
    return next((item for item in getattr(hint, "__metadata__", ()) if isinstance(item, kind)), None)


def _params_file():
    path = Path("params.yaml")
    if not path.exists():
        return {}
    import yaml  # only the cases with parameters need it

    return yaml.safe_load(path.read_text()) or {}
