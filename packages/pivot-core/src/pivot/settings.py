"""A loader as plain data: its class, its settings as canonical text, and where its code starts.

The settings are the attributes of the loader, whoever wrote it. What JSON has no form for counts by its digest, like
the values that a stage's function captured.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from pivot.manifest import LoaderSpec
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.values import Digester

_OURS = "pivot.loaders."


class Described(NamedTuple):
    """A loader's specification, and the types of settings without a digest.

    ``packages`` are third-party modules that its settings name, or that a loader of ours uses.
    """

    spec: LoaderSpec
    packages: tuple[str, ...]
    unreadable: tuple[str, ...]


def describe_loader(loader: object, roots: Sequence[str]) -> Described:
    """Return what is recorded of a loader; paths below one of the roots count relative to it."""
    cls = type(loader)
    digester = Digester(roots)
    if not cls.__module__.startswith(_OURS):
        digester.type_name(cls)
    for base in cls.__mro__:
        if base.__module__.startswith(_OURS):
            digester.packages.update(dict.fromkeys(vars(base).get("libraries", ())))
    settings = orjson.dumps(_plain(_attributes(loader), digester), option=orjson.OPT_SORT_KEYS).decode()
    spec = LoaderSpec(f"{cls.__module__}:{cls.__qualname__}", settings, tuple(digester.entries))
    return Described(spec, tuple(digester.packages), tuple(digester.unreadable))


def _attributes(value: object) -> dict[str, Any]:
    slots = {name for cls in type(value).__mro__ for name in _slots(cls)}
    return {name: getattr(value, name) for name in sorted(slots) if hasattr(value, name)} | getattr(
        value, "__dict__", {}
    )


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


def _plain(value: Any, digester: Digester) -> Any:
    """Return a setting as JSON data that is the same in every process and every checkout."""
    kind = type(value)
    if value is None or kind is bool or (kind is str and not value.startswith("/")):
        return value
    if kind in (int, float) and -(2**53) < value < 2**53:  # not so for not-a-number, which JSON has no form for either
        return value
    if kind is list:
        return [_plain(one, digester) for one in value]
    if isinstance(value, Mapping) and all(type(key) is str for key in value):
        return {key: _plain(one, digester) for key, one in value.items()}
    return {"type": f"{kind.__module__}:{kind.__qualname__}", "digest": digester.digest(value).hex()}
