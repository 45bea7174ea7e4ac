"""Which modules of the project the import of a module imports, in which order, and which ones its functions may.

What their import does to others is found by ``effects``; this is only about names of modules.
"""

from collections.abc import Iterable

from pivot_fingerprint.modules import absolute
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources, Spread


def loads(sources: Sources, name: str) -> list[str]:
    """Return the project modules that the import of one imports itself, the package around it first."""
    found = sources.loads.get(name)
    if found is None:
        found = sources.loads[name] = []
        if "." in name:
            found.append(name.rpartition(".")[0])
        module = sources.module(name)
        if isinstance(module, Source):
            for level, of, names in module.facts.loads:
                found.extend(_imported(sources, module, level, of, names))
    return found


def _imported(sources: Sources, module: Source, level: int, of: str, names: list[str]) -> list[str]:
    name = absolute(of, module.package, level)
    imported = sources.module(name) if name is not None else None
    if name is None or not isinstance(imported, Source | Spread):
        return []
    found = [name]
    for one in names:
        if one == "*" or (isinstance(imported, Source) and (one in imported.facts.binds or not imported.is_package)):
            continue
        if isinstance(sources.module(f"{name}.{one}"), Source | Spread):
            found.append(f"{name}.{one}")
    return found


def import_order(sources: Sources, given: frozenset[str]) -> dict[str, int]:
    """Return modules and whatever they import, each with its place in the order in which their imports end.

    Begins with those that no other one imports; where several are left, or in a cycle, the order is that of their names.
    """
    imported = {one for name in given for one in loads(sources, name) if one != name}
    order: dict[str, int] = {}
    begun: set[str] = set()
    stack = [(name, False) for name in sorted(given, key=lambda name: (name in imported, name), reverse=True)]
    while stack:
        name, ended = stack.pop()
        if ended:
            order.setdefault(name, len(order))
        elif name not in begun and isinstance(sources.module(name), Source | Spread):
            begun.add(name)
            stack.append((name, True))
            stack.extend((one, False) for one in reversed(loads(sources, name)))
    return order


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
        for path, _ in module.facts.shown:
            if path.startswith("!"):
                stack.extend(resolver.resolve(module, path).loads)
    return [found[name] for name in sorted(found)]
