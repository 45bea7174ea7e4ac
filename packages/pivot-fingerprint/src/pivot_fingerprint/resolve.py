"""From a name to what it means: through imports, re-exports, stars and submodules, to definitions and distributions.

Every way that a name may take counts, since which one is taken is known only when the program runs. What the result
means for a closure is decided in ``graph``; what it means for a digest, in ``digests``.
"""

import builtins
import re
from typing import cast

from pivot_fingerprint.definitions import join
from pivot_fingerprint.modules import absolute
from pivot_fingerprint.sources import Outside, Source, Sources, Spread

_OF_MODULES = frozenset({"__name__", "__file__", "__package__", "__spec__", "__path__", "__loader__", "__cached__"})
BUILTINS = frozenset(dir(builtins))
EVERY = "*"  # stands for the name of any module that the process imports
_OF_THE_PROCESS = frozenset(
    {"open", "print", "input", "hash", "id", "__import__"}
)  # their work depends on what others set


class Target:
    """What a path means.

    ``identity`` says it in words that are the same as long as it means the same. ``names`` are (module, name) pairs
    that lead to definitions; ``definitions`` are their numbers; ``rest`` are the attributes that are left then.
    ``wholes`` are modules that are used as a value, ``loads`` modules that an import statement runs. ``external`` is
    a dotted name outside the project; ``file`` a path that is spelled out; ``captures`` are the imports of single
    names on the way, as module and load.
    """

    __slots__ = (
        "captures",
        "definitions",
        "external",
        "file",
        "identity",
        "loads",
        "names",
        "outside",
        "rest",
        "wholes",
    )

    def __init__(
        self,
        identity: str,
        *,
        names: tuple[tuple[str, str], ...] = (),
        definitions: tuple[int, ...] = (),
        rest: str = "",
        wholes: tuple[str, ...] = (),
        loads: tuple[str, ...] = (),
        outside: tuple[Outside, ...] = (),
        external: str = "",
        file: str = "",
        captures: tuple[tuple[str, int], ...] = (),
    ) -> None:
        self.identity = identity
        self.names = names
        self.definitions = definitions
        self.rest = rest
        self.wholes = wholes
        self.loads = loads
        self.outside = outside
        self.external = external
        self.file = file
        self.captures = captures


class _Search:
    """What was met while one path of a module was resolved."""

    def __init__(self, asking: Source) -> None:
        self._asking = asking
        self.names: dict[tuple[str, str], None] = {}
        self.definitions: dict[int, None] = {}
        self.rest = ""
        self.wholes: dict[str, None] = {}
        self.loads: dict[str, None] = {}
        self.outside: dict[Outside, None] = {}
        self.external = ""
        self.captures: dict[tuple[str, int], None] = {}
        self.seen: set[tuple[str, str]] = set()

    def ask(self, module: Source, name: str) -> None:
        """Note that it counts what a module says about a name."""
        note(self._asking, module, name)


def note(asking: Source, module: Source, name: str) -> None:
    """Note that it counts for a module what another one says about a name."""
    if module is not asking:
        asking.asked.setdefault(module.name, {})[name] = None


class Resolver:
    """Resolves paths in the modules of one look."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def resolve(self, module: Source, path: str) -> Target:
        """Return what a path in a module means."""
        known = module.cache.get(path)
        if known is None:
            known = module.cache[path] = self._simple(module, path) or self._target(module, path)
        return cast(Target, known)

    def _target(self, module: Source, path: str) -> Target:
        if path.startswith("?"):
            return Target(path, file=path[1:])
        search = _Search(module)
        identity = self._path(module, path, search)
        return Target(
            identity,
            names=tuple(search.names),
            definitions=tuple(search.definitions),
            rest=search.rest,
            wholes=tuple(search.wholes),
            loads=tuple(search.loads),
            outside=tuple(search.outside),
            external=search.external,
            captures=tuple(search.captures),
        )

    def _simple(self, module: Source, path: str) -> Target | None:
        """Return what a path means whose name is bound once, as most are; None where more has to be looked at."""
        if path.startswith("!"):
            return self._imported(module, path)
        name, _, rest = path.partition(".")
        bound = module.facts.binds.get(name, ())
        if len(bound) != 1 or module.facts.stars:
            return None
        if isinstance(bound[0], int):
            definitions = (module.first + bound[0],)
            return Target(f"{module.name}:{path}", names=((module.name, name),), definitions=definitions, rest=rest)
        imported = self.resolve(module, bound[0])
        if imported.wholes or "|" in imported.identity or bool(imported.external) == bool(imported.names):
            return None
        captures = imported.captures
        if name in module.facts.when and not bound[0].endswith(":"):
            captures = ((module.name, module.facts.when[name]), *captures)
        return Target(
            join(imported.identity, rest),
            names=imported.names,
            definitions=imported.definitions,
            rest=join(imported.rest, rest) if imported.rest else rest,
            loads=imported.loads,
            outside=imported.outside,
            external=join(imported.external, rest) if imported.external else "",
            captures=captures,
        )

    def _imported(self, module: Source, path: str) -> Target | None:
        """Return what an import means of a name that one definition binds where it is imported from, else None."""
        level, of, attributes = path[1:].split(":")
        name_of = absolute(of, module.package, int(level))
        found = self.sources.module(name_of) if name_of is not None else None
        if not isinstance(found, Source):
            return None
        name, _, rest = attributes.partition(".")
        note(module, found, name)
        bound = found.facts.binds.get(name, ()) if not found.facts.stars else ()
        if len(bound) != 1 or not isinstance(bound[0], int):
            return None
        return Target(
            f"{found.name}:{attributes}",
            names=((found.name, name),),
            definitions=(found.first + bound[0],),
            rest=rest,
            loads=(found.name,),
        )

    def binders(self, module: Source, name: str) -> list[int]:
        """Return the numbers of the definitions that bind a name in a module."""
        bound = [one for one in module.facts.binds.get(name, ()) if isinstance(one, int)]
        if not bound and name not in module.facts.binds:
            bound = module.late.get(name, [])
        return [module.first + one for one in bound]

    def _path(self, module: Source, path: str, search: _Search) -> str:
        if path in (".", ".."):
            name = module.name if path == "." else EVERY
            search.wholes[name] = None
            return f"module {name}"
        if path.startswith("%"):
            return self._distribution(path[1:], search)
        if path.startswith("&"):
            template, _, attributes = path[1:].rpartition(":")
            return self._computed(module, template, attributes, search)
        if not path.startswith("!"):
            name, _, rest = path.partition(".")
            return self._name(module, name, rest, search)
        level, of, attributes = path[1:].split(":")
        name_of = absolute(of, module.package, int(level))
        if name_of is None:
            return f"missing {path}"
        search.loads[name_of] = None
        return self._attribute(name_of, attributes, search)

    def _computed(self, module: Source, template: str, attributes: str, search: _Search) -> str:
        """Follow a module whose name is made of constants; the name is left as it is where one cannot be read."""
        texts = []
        known = True
        for piece in re.split(r"[{}]", template)[1::2]:
            constant = self.resolve(module, piece)
            search.names.update(dict.fromkeys(constant.names))
            values = [self.sources.definitions[one].value for one in constant.definitions]
            known = known and len(values) == 1 and values[0] is not None and not constant.rest
            texts.append(values[0] if known and values[0] is not None else "")
        if not known:
            return f"computed {template} {attributes}"
        literals = re.split(r"[{}]", template)[::2]
        name = "".join(one for pair in zip(literals, [*texts, ""], strict=True) for one in pair)
        search.loads[name] = None
        return self._attribute(name, attributes, search)

    def _distribution(self, name: str, search: _Search) -> str:
        found = self.sources.distribution(name)
        search.outside[found] = None
        return f"distribution {name}"

    def _name(self, module: Source, name: str, rest: str, search: _Search, *, of_module: bool = False) -> str:
        if (module.name, name) in search.seen:
            return join(f"{module.name}:{name}", rest)
        search.seen.add((module.name, name))
        search.ask(module, name)
        found = []
        bound = module.facts.binds.get(name, ())
        numbers = self.binders(module, name)
        if numbers:
            search.names[module.name, name] = None
            search.definitions.update(dict.fromkeys(numbers))
            search.rest = search.rest or rest
            found.append(join(f"{module.name}:{name}", rest))
        for one in bound:
            if isinstance(one, str):
                if not one.endswith(":") and name in module.facts.when:
                    search.captures[module.name, module.facts.when[name]] = None
                found.append(self._path(module, join(one, rest), search))
        for star in module.facts.stars:
            identity = self._star(module, star, name, rest, search, last_resort=not found)
            if identity is not None:
                found.append(identity)
        if found:
            return "|".join(dict.fromkeys(found))
        if name in _OF_MODULES:
            return f"{name} of {module.name}"
        if name in _OF_THE_PROCESS:
            search.outside[Outside("standard", "builtins")] = None
        if name not in BUILTINS or of_module:
            search.names[module.name, name] = None
        return join(name, rest)

    def _star(
        self, module: Source, star: list[object], name: str, rest: str, search: _Search, *, last_resort: bool
    ) -> str | None:
        level, of, load = star
        name_of = absolute(str(of), module.package, cast(int, level))
        if name_of is None:
            return None
        found = self.sources.module(name_of)
        if isinstance(found, Source):
            search.ask(found, name)
            exports = found.facts.exports
            if (exports is None and name.startswith("_")) or (
                exports is not None and name not in exports and exports != ["*"]
            ):
                return None
            if name in found.facts.binds or name in found.late:
                search.captures[module.name, cast(int, load)] = None
                conditions = self.binders(module, "*")
                if conditions:
                    search.names[module.name, "*"] = None
                    search.definitions.update(dict.fromkeys(conditions))
                return self._name(found, name, rest, search)
            if found.is_package and exports and self.sources.finder.find(f"{name_of}.{name}").kind != "missing":
                return self._submodule(f"{name_of}.{name}", rest, search)
            if (found.name, name) in search.seen:
                return None
            search.seen.add((found.name, name))
            return self._stars(found, name, rest, search, last_resort=last_resort)
        if last_resort and isinstance(found, Outside) and found.kind != "missing" and not name.startswith("_"):
            search.outside[found] = None
            return f"{name_of}.*.{join(name, rest)}"
        return None

    def _attribute(self, name: str, attributes: str, search: _Search) -> str:
        found = self.sources.module(name)
        first, _, rest = attributes.partition(".")
        match found:
            case Outside():
                search.outside[found] = None
                external = f"{name}.{attributes}" if attributes else name
                search.external = search.external or external
                if found.kind == "missing":
                    return f"missing {external}"
                return external
            case Spread():
                if not first:
                    search.wholes[name] = None
                    return f"module {name}"
                return self._submodule(f"{name}.{first}", rest, search)
        if not first:
            search.wholes[name] = None
            return f"module {name}"
        search.ask(found, first)
        if first in found.facts.binds and (name, first) not in search.seen:
            return self._name(found, first, rest, search)
        if found.is_package and self.sources.finder.find(f"{name}.{first}").kind != "missing":
            return self._submodule(f"{name}.{first}", rest, search)
        if first in ("__dict__", "__annotations__"):
            search.wholes[name] = None
            return f"module {name}"
        if "__getattr__" in found.facts.binds and first not in found.late:
            identity = self._stars(found, first, rest, search, last_resort=False)
            if identity is not None:
                return identity
            return f"{self._name(found, '__getattr__', '', search)}({attributes})"
        return self._name(found, first, rest, search, of_module=True)

    def _submodule(self, name: str, attributes: str, search: _Search) -> str:
        """Follow a module below a package: ``from package import module`` runs it, also inside a function."""
        search.loads[name] = None
        return self._attribute(name, attributes, search)

    def _stars(self, module: Source, name: str, rest: str, search: _Search, *, last_resort: bool) -> str | None:
        for star in module.facts.stars:
            identity = self._star(module, star, name, rest, search, last_resort=last_resort)
            if identity is not None:
                return identity
        return None
