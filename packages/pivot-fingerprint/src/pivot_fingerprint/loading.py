"""Which modules of the project the import of a module imports, in which order, and which its functions may import.

This is about names of modules only. What their import changes is found by ``effects``.
"""

from collections.abc import Iterable, Iterator
from itertools import count, islice

from pivot_fingerprint.modules import absolute
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources, Spread


def loads(sources: Sources, name: str) -> list[str]:
    """Return the project modules that the import of one imports itself, the package around it first."""
    found = sources.loads.get(name)
    if found is None:
        found = sources.loads[name] = [one for step in steps(sources, name) for one in step]
    return found


def steps(sources: Sources, name: str) -> list[list[str]]:
    """Return the project modules that each import of a module imports, and first the package around it."""
    found = sources.steps.get(name)
    if found is None:
        found = sources.steps[name] = [[name.rpartition(".")[0]] if "." in name else []]
        module = sources.module(name)
        if isinstance(module, Source):
            found.extend(_imported(sources, module, level, of, names) for level, of, names, _ in module.header.loads)
    return found


def _imported(sources: Sources, module: Source, level: int, of: str, names: list[str]) -> list[str]:
    name = absolute(of, module.package, level)
    imported = sources.module(name) if name is not None else None
    if name is None or not isinstance(imported, Source | Spread):
        return []
    if isinstance(imported, Source) and not imported.is_package:
        return [name]
    found = [name]
    for one in names:
        if one == "*" or (isinstance(imported, Source) and one in imported.facts.binds):
            continue
        if isinstance(sources.module(f"{name}.{one}"), Source | Spread):
            found.append(f"{name}.{one}")
    return found


def closure(sources: Sources, modules: Iterable[str]) -> list[str]:
    """Return the project modules that a process has imported in the end which imports these."""
    found: dict[str, None] = {}
    stack = list(modules)
    while stack:
        name = stack.pop()
        if name not in found and isinstance(sources.module(name), Source | Spread):
            found[name] = None
            stack.extend(loads(sources, name))
    return sorted(found)


class Moments:
    """When things happen while modules are imported, as places in one order.

    ``modules`` have the place at which their imports end. ``definitions`` and ``loads`` have for each module the
    places of its definitions and of its imports, by index.
    """

    def __init__(self) -> None:
        self.modules: dict[str, int] = {}
        self.definitions: dict[str, list[int]] = {}
        self.loads: dict[str, list[int]] = {}


def moments(sources: Sources, given: frozenset[str]) -> Moments:
    """Return the order in which modules and whatever they import are executed.

    Begins with those that no other one imports; where several are left, or in a cycle, the order is that of their
    names.
    """
    imported = {one for name in given for one in loads(sources, name) if one != name}
    found = Moments()
    clock = count()
    begun: set[str] = set()
    stack = [iter(sorted(given, key=lambda name: (name in imported, name)))]
    while stack:
        name = next(stack[-1], None)
        if name is None:
            stack.pop()
        elif name not in begun and isinstance(sources.module(name), Source | Spread):
            begun.add(name)
            stack.append(_execute(sources, name, found, clock))
    return found


def _execute(sources: Sources, name: str, found: Moments, clock: Iterator[int]) -> Iterator[str]:
    """Yield what the import of a module imports, and note when its own statements run in between."""
    module = sources.module(name)
    package, *imports = steps(sources, name)
    yield from package
    if isinstance(module, Source):
        definitions = found.definitions[name] = []
        done = found.loads[name] = []
        for (_, _, _, at), modules in zip(module.header.loads, imports, strict=True):
            definitions.extend(islice(clock, at - len(definitions)))
            yield from modules
            done.append(next(clock))
        definitions.extend(islice(clock, module.stop - module.first - len(definitions)))
    found.modules[name] = next(clock)


def importable(resolver: Resolver, modules: Iterable[str]) -> list[Source]:
    """Return all modules of the project that code of these modules may import, inside functions too."""
    sources = resolver.sources
    found: dict[str, Source] = {}
    stack = list(modules)
    while stack:
        name = stack.pop()
        module = sources.module(name)
        if name in found or not isinstance(module, Source):
            continue
        found[name] = module
        stack.extend(loads(sources, name))
        stack.extend(_inside(resolver, module))
    return [found[name] for name in sorted(found)]


def _inside(resolver: Resolver, module: Source) -> list[str]:
    """Return the modules that imports inside functions of a module load, and those with attributes."""
    found = resolver.sources.inside.get(module.name)
    if found is None:
        targets = [resolver.resolve(module, path) for path, _ in module.facts.shown if path.startswith("!")]
        found = resolver.sources.inside[module.name] = [one for target in targets for one in target.loads]
    return found
