"""What a module does to others while it is imported: which names its statements contribute to, what leaves the project.

A statement contributes to a name when it decorates with it, calls its methods, assigns into it, or calls a project
function that does. A statement that changes something outside the project (``np.random.seed(0)``, ``json.dumps =
mine``) has an effect on everything in the process. Following what was found is left to ``closure``.

Where the line is: a call whose result is used is believed to change nothing but what its name says (``set...``,
``seed``); containers passed to functions outside the project are believed to change only where the result is thrown
away.
"""

import re
from typing import Any, NamedTuple

from pivot_fingerprint.definitions import (
    CALLS_PARAMETER,
    DECLARES,
    DECORATING,
    DISCARDED,
    INNER,
    INVOKES,
    MUTATES,
    NOW,
    PARAMETER,
    SETS,
    STATE,
    USED,
    Definition,
)
from pivot_fingerprint.importing import OWN_PACKAGES
from pivot_fingerprint.objects import Name, Objects
from pivot_fingerprint.resolve import BUILTINS, Resolver, Target
from pivot_fingerprint.sources import Source

MUTATING_METHOD = re.compile(
    "(add|append|clear|connect|discard|extend|insert|pop|register|remove|reverse|set|setdefault|sort|subscribe|update)"
    "(_.*|left|item|default)?$"
)
# Last words of names outside the project whose call changes the process, also where the result is used.
_LOUD_NAME = re.compile(
    "(seed|set_?[a-z].*|filterwarnings|simplefilter|use|register.*|patch.*|enable.*|disable.*|putenv|unsetenv|chdir|reset.*)$"
)
# Numbers drawn from a generator that is shared by the whole process.
_DRAWS = re.compile(r"(numpy\.)?random\.(?!default_rng|[A-Z])")
_QUIET = re.compile(
    r"(print|logging\..*|warnings\.warn|sys\.std(out|err)\..*|time\.sleep|os\.(makedirs|mkdir)|pathlib\..*|typing\..*|"
    r"gc\.collect|atexit\.register|faulthandler\..*|traceback\..*|pprint\..*)$"
)
_QUIET_METHODS = frozenset(["mkdir", "close", "flush", "write", "write_text", "write_bytes", "touch", "unlink"])
_LOG_METHODS = frozenset(["debug", "info", "warning", "error", "exception", "critical", "log"])


WITHIN = "="  # before a dotted name: that is changed, and nothing else


class Effects(NamedTuple):
    """What code does when it runs: the names that it changes, the parameters that it changes or calls, and how loudly.

    ``rebound`` are the names among those that are bound to something else. ``loud`` are dotted names outside the
    project of which it throws away the result of a call, ``sure`` those that it changes.
    """

    names: frozenset[Name] = frozenset()
    changed: frozenset[int] = frozenset()
    called: frozenset[int] = frozenset()
    loud: frozenset[str] = frozenset()
    sure: frozenset[str] = frozenset()
    rebound: frozenset[Name] = frozenset()


NOTHING = Effects()


class Contributions(NamedTuple):
    """What the import of a module does.

    ``names`` are pairs of a name and the definition that contributes to it, ``rebound`` those of them that bind it to
    something else, ``subclasses`` of a class and one that inherits from it, ``everywhere`` of a definition and the
    names outside the project that it changes.
    """

    names: list[tuple[Name, int]]
    rebound: list[tuple[Name, int]]
    subclasses: list[tuple[Name, int]]
    everywhere: list[tuple[int, frozenset[str]]]


class Examiner:
    """Finds contributions; keeps what functions do."""

    def __init__(self, resolver: Resolver) -> None:
        self.objects = Objects(resolver)
        self._resolver = resolver
        self._sources = resolver.sources
        self._summaries: dict[int, Effects] = {}
        self._contributions: dict[str, Contributions] = {}

    def contributions(self, module: Source) -> Contributions:
        """Return what the import of a module does to others."""
        found = self._contributions.get(module.name)
        if found is None:
            found = self._contributions[module.name] = self._examine(module)
        return found

    def _examine(self, module: Source) -> Contributions:
        names: list[tuple[Name, int]] = []
        rebound: list[tuple[Name, int]] = []
        subclasses: list[tuple[Name, int]] = []
        everywhere: list[tuple[int, frozenset[str]]] = []
        for at, definition in enumerate(module.facts.definitions):
            number = module.first + at
            if definition.kind == "class":
                names.extend((name, number) for name in sorted(self._subclassing(number)))
                for base in self.objects.bases(definition, module):
                    name = self._sources.definitions[base].name
                    subclasses.append(((self._sources.homes[base].name, name), number))
            if not definition.now or definition.marks & INNER:
                continue
            effects = self._sum(module, definition.now)
            own = {(module.name, name) for name in definition.binds}
            owner = number if definition.owner < 0 else module.first + definition.owner
            if definition.owner >= 0:
                own.add((module.name, self._sources.definitions[owner].name))
            names.extend((name, owner) for name in sorted(effects.names - own))
            rebound.extend((name, owner) for name in sorted(effects.rebound - own))
            if definition.kind == "const" and (effects.loud or effects.sure):
                everywhere.append((number, effects.loud | effects.sure))
        return Contributions(names, rebound, subclasses, everywhere)

    # ------------------------------------------------------------ functions

    def summary(self, number: int) -> Effects:
        """Return what a function does when it is called, and what the functions do that it makes."""
        found = self._summaries.get(number)
        if found is None:
            self._summaries[number] = NOTHING  # what a recursive call adds is found by the outer one
            definition, home = self._sources.definitions[number], self._sources.homes[number]
            outer = self._sum(home, definition.later)
            inner = self._sum(home, definition.nested)
            found = self._summaries[number] = Effects(
                outer.names | inner.names,
                outer.changed | inner.changed,
                outer.called,
                outer.loud,
                outer.sure,
                outer.rebound | inner.rebound,
            )
        return found

    def _sum(self, home: Source, effects: list[list[Any]]) -> Effects:
        return joined([self._one(home, effect) for effect in effects])

    def _one(self, home: Source, effect: list[Any]) -> Effects:
        match effect:
            case [str(kind), path, method, through_call] if kind == MUTATES:
                return self._mutation(self._resolver.resolve(home, path), method, through_call)
            case [str(kind), path] if kind == SETS:
                target = self._resolver.resolve(home, path)
                found = self._mutation(target, "", False)
                return found if target.rest else found._replace(rebound=frozenset(target.names))
            case [str(kind), name] if kind == DECLARES:
                names = frozenset({(home.name, name)})
                return Effects(names, rebound=names)
            case [str(kind), at] if kind == PARAMETER:
                return Effects(changed=frozenset({at}))
            case [str(kind), at] if kind == CALLS_PARAMETER:
                return Effects(called=frozenset({at}))
            case [str(kind), path, how, given] if kind == INVOKES:
                return self._call(home, self._resolver.resolve(home, path), how, given)
        return NOTHING

    def _mutation(self, target: Target, method: str, through_call: bool) -> Effects:
        """Return what a change of the object at a target is."""
        if target.external.partition(".")[0] in OWN_PACKAGES:
            return NOTHING
        names: set[Name] = set()
        for number in target.definitions:
            definition = self._sources.definitions[number]
            if definition.kind == "func" and through_call and not target.rest:
                names |= self.objects.read_by(number)
            else:
                names |= set(target.names) | self.objects.aliases(number)
        if not target.definitions:
            names.update(target.names)
        names.update((module, "*") for module in target.wholes)
        names.update((module, "*") for module, name in target.names if not target.definitions and name in BUILTINS)
        if not target.outside or target.definitions or method in _QUIET_METHODS or _QUIET.match(target.external):
            return Effects(frozenset(names))
        if method:
            return Effects(frozenset(names), loud=frozenset({target.external}))
        changed = frozenset({WITHIN + target.external})
        return Effects(frozenset(names), loud=changed, sure=changed)

    def _call(self, home: Source, target: Target, how: int, given: list[list[Any]]) -> Effects:
        """Return what a call does."""
        if target.external.partition(".")[0] in OWN_PACKAGES:
            return NOTHING
        if not target.definitions:
            return self._outside_call(home, target, how, given)
        found = [self._definition_call(home, target, number, how, given) for number in target.definitions]
        return joined(found)

    def _outside_call(self, home: Source, target: Target, how: int, given: list[list[Any]]) -> Effects:
        name = target.external or target.identity
        if _QUIET.match(name) or not (target.outside or how == DISCARDED) or how == DECORATING:
            return NOTHING
        last = name.rpartition(".")[2]
        if not target.outside:  # a builtin function, or a name that nobody knows
            return Effects(frozenset(self._containers(home, given)))
        changed = frozenset({name})
        sure: frozenset[str] = changed if _LOUD_NAME.match(last) or _DRAWS.match(name) else frozenset()
        if how == USED:
            return Effects(loud=sure, sure=sure)
        loud: frozenset[str] = frozenset() if last in _QUIET_METHODS else changed
        return Effects(frozenset(self._containers(home, given)), loud=loud, sure=sure)

    def _containers(self, home: Source, given: list[list[Any]]) -> set[Name]:
        """Return the names among arguments that hold something which can be changed."""
        names: set[Name] = set()
        for _, one in given:
            if isinstance(one, str):
                target = self._resolver.resolve(home, one)
                if any(self._sources.definitions[number].kind == "const" for number in target.definitions):
                    names.update(target.names)
        return names

    def _definition_call(self, home: Source, target: Target, number: int, how: int, given: list[list[Any]]) -> Effects:
        definition = self._sources.definitions[number]
        method = target.rest.partition(".")[0]
        receiver = set(target.names) | self.objects.aliases(number)
        if not target.rest:
            match definition.kind:
                case "func":
                    return self._applied(home, self.summary(number), given, how)
                case "class":
                    return joined(
                        [
                            self._applied(home, self.summary(one), given, how, 1)
                            for one in self.objects.methods(number, ("__",))
                        ]
                    )
                case _:
                    return self._object_call(home, number, how, given, receiver)
        classes = [number] if definition.kind == "class" else self.objects.classes_of(number)
        methods = [one for each in classes for one in self.objects.methods(each, (method,))]
        if methods and "." not in target.rest:
            effects = [self.summary(one) for one in methods]
            found = joined([self._applied(home, one, given, how, 1) for one in effects])
            if any(0 in one.changed for one in effects):
                found = found._replace(names=found.names | receiver)
            return found
        last = target.rest.rpartition(".")[2]
        draws = definition.kind == "const" and self.objects.is_stateful(number)
        if last in _LOG_METHODS or (how == USED and not draws and not MUTATING_METHOD.match(last)):
            return NOTHING
        return Effects(frozenset(receiver))

    def _object_call(self, home: Source, number: int, how: int, given: list[list[Any]], receiver: set[Name]) -> Effects:
        """Return what a call of a constant does: it may be a function, a method, something that a function made."""
        held = [self.summary(one) for one in self.objects.functions_in(number)]
        instances = [
            one for each in self.objects.classes_of(number) for one in self.objects.methods(each, ("__call__",))
        ]
        names = self.objects.bound_to(number)
        if any(STATE in one.changed for one in held) or any(0 in self.summary(one).changed for one in instances):
            of = self._sources.homes[number].name
            names |= receiver | {(of, name) for name in self._sources.definitions[number].binds}
        return joined([*(self._applied(home, one, given, how) for one in held), Effects(frozenset(names))])

    def _applied(self, home: Source, effects: Effects, given: list[list[Any]], how: int, shift: int = 0) -> Effects:
        """Return what a function does when it is called with these arguments."""
        names = set(effects.names)
        changed: set[int] = set()
        called: set[int] = set()
        for position, one in given:
            at = position + shift if isinstance(position, int) and position >= 0 else None
            if at in effects.changed or (at is None and effects.changed - {STATE}):
                if isinstance(one, int):
                    changed.add(one)
                elif one != "=":
                    target = self._resolver.resolve(home, one)
                    names.update(target.names)
            if at in effects.called or (at is None and effects.called):
                if isinstance(one, int):
                    called.add(one)
                elif one != "=":
                    for number in self._resolver.resolve(home, one).definitions:
                        if self._sources.definitions[number].kind == "func":
                            names |= self.summary(number).names
        loud = effects.loud if how == DISCARDED else effects.sure
        return Effects(frozenset(names), frozenset(changed), frozenset(called), loud, effects.sure, effects.rebound)

    # ------------------------------------------------------------ classes

    def _subclassing(self, number: int) -> set[Name]:
        """Return the names that the making of a class changes, by ``__init_subclass__`` or a metaclass of its bases."""
        names: set[Name] = set()
        seen = {number}
        stack = self.objects.bases(self._sources.definitions[number], self._sources.homes[number])
        while stack:
            base = stack.pop()
            if base in seen:
                continue
            seen.add(base)
            definition, home = self._sources.definitions[base], self._sources.homes[base]
            stack.extend(self.objects.bases(definition, home))
            hooks: tuple[str, ...] = ("__init_subclass__",)
            if self._is_metaclass(definition, home):
                hooks = ("__init_subclass__", "__init__", "__new__", "__prepare__")
            for method in home.members.get(base, ()):
                if self._sources.definitions[method].name.rpartition(".")[2] in hooks:
                    effects = self.summary(method)
                    names |= effects.names
                    if effects.changed:
                        names.add((home.name, definition.name))
        home = self._sources.homes[number]
        return names - {(home.name, self._sources.definitions[number].name)}

    def _is_metaclass(self, definition: Definition, home: Source) -> bool:
        for path, use in definition.refs:
            if use & NOW:
                identity = self._resolver.resolve(home, path).identity
                if identity == "type" or identity.endswith(("Meta", "MetaClass", "Metaclass")):
                    return True
        return False


def joined(found: list[Effects]) -> Effects:
    """Return the effects of several pieces of code together."""
    if len(found) < 2:
        return found[0] if found else NOTHING
    none: frozenset[Any] = frozenset()
    return Effects(*(none.union(*sets) for sets in zip(*found, strict=True)))
