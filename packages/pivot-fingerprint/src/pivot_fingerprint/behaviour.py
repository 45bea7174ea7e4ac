"""What a piece of code changes when it runs: names of the project, and things outside of it.

Joins the effects that ``naming`` and ``calling`` recorded in each definition. Used by ``effects``, which asks for the
statements that run while a module is imported, and for the functions that those call.

Something has to be believed of calls that leave the project. A call whose result is used changes nothing unless its
name says so (``set...``, ``seed``), and may call the functions that it is given. A container that is passed to a
function outside the project changes only if the result of that call is thrown away.
"""

import re
from typing import Any

from pivot_fingerprint.definitions import (
    CALLS_OWN,
    CALLS_PARAMETER,
    DECLARES,
    DECORATING,
    DEFAULT,
    DISCARDED,
    FILLS,
    FROZEN,
    GIVEN,
    HANDS,
    INVOKES,
    ITSELF,
    KEPT,
    MUTATES,
    OPERATES,
    PARAMETER,
    SETS,
    SHARED,
    STATE,
    USED,
)
from pivot_fingerprint.importing import OWN_PACKAGES
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.objects import Name, Objects
from pivot_fingerprint.resolve import BUILTINS, Resolver, Target
from pivot_fingerprint.sources import Source

# Expressions as texts: to compile them takes as long as the rest of this module, and few need them.
MUTATING_METHOD = (
    "(add|append|clear|connect|discard|extend|insert|pop|register|remove|reverse|set|setdefault|sort|subscribe|update)"
    "(_.*|left|item|default)?$"
)
# Last words of names outside the project whose call changes the process, also where the result is used.
_LOUD_NAME = (
    "(seed|set_?[a-z].*|filterwarnings|simplefilter|use|register.*|patch.*|enable.*|disable.*|putenv|unsetenv|chdir|"
    "reset.*)$"
)
# Numbers drawn from a generator that is shared by the whole process.
_DRAWS = r"(numpy\.)?random\.(?!default_rng|[A-Z])"
_QUIET = (
    r"(print|logging\..*|warnings\.warn|sys\.std(out|err)\..*|time\.sleep|os\.(makedirs|mkdir)|pathlib\..*|typing\..*|"
    r"gc\.collect|atexit\.register|faulthandler\..*|traceback\..*|pprint\..*)$"
)
_QUIET_METHODS = frozenset(["mkdir", "close", "flush", "write", "write_text", "write_bytes", "touch", "unlink"])
_GIVING = frozenset(["get", "setdefault", "values", "items", "__getitem__"])  # methods that give what is in a container
_ATTRIBUTE_SETTERS = ("__setattr__", "__delattr__", "__set__", "__delete__")
_FACTORIES = frozenset(["default_factory", "factory"])  # keywords of dataclasses, attrs and pydantic
_ITEM_SETTERS = ("__setitem__", "__delitem__")
_LOG_METHODS = frozenset(["debug", "info", "warning", "error", "exception", "critical", "log"])


WITHIN = "="  # before a dotted name: that is changed, and nothing else


class Effects(NamedTuple):
    """What code does when it runs: which names and parameters it changes, which it calls, what it does elsewhere.

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


def joined(found: list[Effects]) -> Effects:
    """Return the effects of several pieces of code together."""
    if len(found) < 2:
        return found[0] if found else NOTHING
    none: frozenset[Any] = frozenset()
    return Effects(*(none.union(*sets) for sets in zip(*found, strict=True)))


class Behaviour:
    """Finds the effects of definitions; those of functions are found once and kept."""

    def __init__(self, resolver: Resolver, objects: Objects) -> None:
        self.objects = objects
        self._resolver = resolver
        self._sources = resolver.sources
        self._summaries: dict[int, Effects] = {}
        self._under_way: set[int] = set()
        self._cut: set[int] = set()  # those under way that were called again
        self._partial: dict[int, Effects] = {}  # of functions that call one of these

    def summary(self, number: int) -> Effects:
        """Return what a function does when it is called, and what the functions do that it makes."""
        definition, home = self._sources.look(number)
        found = self._summaries.get(number) or self._partial.get(number)
        if number in self._under_way:
            self._cut.add(number)
            return NOTHING  # what a recursive call adds is found by the outer one
        if found is None:
            self._under_way.add(number)
            with self._sources.asking(home):
                outer = self.sum(home, definition.later)
                inner = self.sum(home, definition.nested)
            changed = outer.changed | inner.changed
            shared = frozenset({self.objects.owner(number)} if SHARED in changed else ())
            found = Effects(
                outer.names | inner.names | shared,
                changed - {SHARED},
                outer.called,
                outer.loud,
                outer.sure,
                outer.rebound | inner.rebound,
            )
            found = self._with_own(found, number)
            self._under_way.remove(number)
            self._cut.discard(number)
            if self._cut:
                self._partial[number] = found  # of use to the function that is under way, and to nobody else
            else:
                self._summaries[number] = found
                self._partial.clear()
        return found

    def _with_own(self, found: Effects, number: int) -> Effects:
        """Return what a method does, with what those of its class do that it calls, and to what that inherits."""
        definition, home = self._sources.look(number)
        effects = [] if definition.owner < 0 else [*definition.later, *definition.nested]
        called = tuple({effect[1] for effect in effects if effect[0] == CALLS_OWN})
        filled = {effect[1] for effect in effects if effect[0] == FILLS}
        own = home.first + definition.owner
        methods = [self.summary(one) for one in self.objects.methods(own, called)] if called else []
        names = self.objects.inherited(own, filled) if filled else set()
        more = joined(methods)._replace(changed=frozenset(), called=frozenset())
        return joined([found, more, Effects(frozenset(names))]) if methods or names else found

    def _making(self, number: int) -> Effects:
        """Return what is done when a class makes an instance, beyond its special methods: by factories of fields.

        A lambda among the arguments of a call in its body counts as called there; then it is called again.
        """
        definition, home = self._sources.look(number)
        body = [one for one in definition.now if one[0] != INVOKES or one[2] != DECORATING]
        given = [one for effect in body if effect[0] == INVOKES for one in effect[3]]
        factories = [[at, one] for at, one in given if at in _FACTORIES and isinstance(one, str)]
        return joined([self.summary(number), self.sum(home, body), self._handed(home, factories)])

    def sum(self, home: Source, effects: list[list[Any]]) -> Effects:
        return joined([self._one(home, effect) for effect in effects])

    def _one(self, home: Source, effect: list[Any]) -> Effects:
        match effect:
            case [str(kind), path, method, far] if kind == MUTATES:
                target = self._resolver.resolve(home, path)
                setters = NOTHING if method or far >= GIVEN or target.rest else self._setters(target)
                return joined([self._mutation(target, method, far, inside=bool(far or target.rest)), setters])
            case [str(kind), path] if kind == SETS:
                target = self._resolver.resolve(home, path)
                found = joined([self._mutation(target, "", ITSELF, inside="." in target.rest), self._setters(target)])
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
            case [str(kind), path, method, how, given, kept] if kind == OPERATES:
                return self._operation(home, self._resolver.resolve(home, path), method, how, given, kept)
            case [str(kind), given] if kind == HANDS:
                return self._handed(home, given)
        return NOTHING

    def _mutation(self, target: Target, method: str, far: int, *, inside: bool) -> Effects:
        """Return what a change of something so far off a target is; ``inside`` of what the name at its front is."""
        if target.external.partition(".")[0] in OWN_PACKAGES:
            return NOTHING
        names: set[Name] = set()
        for number in target.definitions:
            definition = self._sources.definitions[number]
            if definition.kind == "func" and far >= GIVEN and not target.rest:
                names |= self.objects.given_by(number)
            elif far < KEPT or (definition.kind == "const" and target.rest.rpartition(".")[2] in _GIVING):
                names |= self._receiver(target, number, inside=inside)
            elif definition.kind == "class":
                names |= self._receiver(target, number, inside=inside) if target.rest else self.objects.aliases(number)
        if far == KEPT:
            return Effects(frozenset(names))
        if not target.definitions:
            names.update(target.names)
        names.update((module, "*") for module in target.wholes)
        names.update((module, "*") for module, name in target.names if not target.definitions and name in BUILTINS)
        if not target.outside or target.definitions or method in _QUIET_METHODS or re.match(_QUIET, target.external):
            return Effects(frozenset(names))
        if method:
            return Effects(frozenset(names), loud=frozenset({target.external}))
        changed = frozenset({WITHIN + target.external})
        return Effects(frozenset(names), loud=changed, sure=changed)

    def _receiver(self, target: Target, number: int, *, inside: bool) -> set[Name]:
        """Return the names whose objects may change with that at a target, or with what is inside of it."""
        return set(target.names) | self.objects.aliases(number, inside=inside)

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
        if re.match(_QUIET, name) or how == DECORATING:
            return NOTHING
        last = name.rpartition(".")[2]
        handed = self._handed(home, given)
        containers = frozenset(self._containers(home, given) if how == DISCARDED else ())
        if not target.outside:  # a builtin function, or a name that nobody knows
            return handed._replace(names=handed.names | containers)
        changed = frozenset({name})
        sure: frozenset[str] = changed if re.match(_LOUD_NAME, last) or re.match(_DRAWS, name) else frozenset()
        loud: frozenset[str] = sure if how == USED or last in _QUIET_METHODS else changed
        return joined([handed, Effects(containers, loud=loud, sure=sure)])

    def _containers(self, home: Source, given: list[list[Any]]) -> set[Name]:
        """Return the names among arguments that hold something which can be changed."""
        names: set[Name] = set()
        for _, one in given:
            if isinstance(one, str):
                target = self._resolver.resolve(home, one)
                found = [self._sources.definitions[number] for number in target.definitions]
                if any(definition.kind == "const" and not definition.marks & FROZEN for definition in found):
                    names.update(self._objects(target))
        return names

    def _objects(self, target: Target) -> set[Name]:
        """Return the names of the objects that change if somebody gets what is at a target and changes it."""
        found = [self._receiver(target, number, inside=True) for number in target.definitions]
        return set(target.names).union(*found)

    def _handed(self, home: Source, given: list[list[Any]]) -> Effects:
        """Return what functions and methods among arguments do when somebody calls them with the others."""
        found = [Effects(called=frozenset(one for _, one in given if isinstance(one, int)))]
        for _, one in given:
            if not isinstance(one, str) or one == "=":
                continue
            target = self._resolver.resolve(home, one)
            for number in target.definitions:
                kind = self._sources.definitions[number].kind
                if target.rest and kind == "const":
                    found.append(self._definition_call(home, target, number, USED, []))
                elif not target.rest and kind == "func":
                    effects = self.summary(number)
                    more = self._containers(home, given) if effects.changed else set()
                    found.append(Effects(effects.names | more, loud=effects.sure, sure=effects.sure))
            if not target.definitions and re.match(MUTATING_METHOD, one.rpartition(".")[2]):
                found.append(Effects(frozenset(self._containers(home, given))))
        return joined(found)

    def _setters(self, target: Target) -> Effects:
        """Return what it does to set an attribute, or an item of a whole object, where code of the project does it."""
        names = (target.rest.partition(".")[0], *_ATTRIBUTE_SETTERS) if target.rest else _ITEM_SETTERS
        classes = [each for number in target.definitions for each in self.objects.classes_of(number)]
        classes += [one for one in target.definitions if self._sources.definitions[one].kind == "class"]
        found = []
        for setter in [one for each in classes for one in self.objects.methods(each, names)]:
            found.append(self.summary(setter))
            if 0 in found[-1].changed:  # a descriptor, which is an attribute of its own class
                found.append(Effects(frozenset({self.objects.owner(setter)})))
        return joined(found)

    def _operation(
        self, home: Source, target: Target, method: str, how: int, given: list[list[Any]], kept: list[list[Any]]
    ) -> Effects:
        """Return what a method does: of a constant, or of what a class or function gives that was given ``kept``."""
        found = []
        for number in target.definitions if not target.rest else ():
            definition = self._sources.definitions[number]
            if definition.kind == "const":
                receiver = self._receiver(target, number, inside=False)
                found.append(self._method_call(home, self.objects.classes_of(number), method, how, given, receiver))
                if how == DISCARDED and not found[-1].names:
                    found.append(Effects(frozenset(receiver)))
                continue
            classes = [number] if definition.kind == "class" else self.objects.classes_made_by(number)
            called = self._method_call(home, classes, method, how, given, self._containers(home, kept))
            found += [called, self._handed(home, kept)] if classes else []
        return joined(found)

    def _method_call(
        self, home: Source, classes: list[int], method: str, how: int, given: list[list[Any]], receiver: set[Name]
    ) -> Effects:
        """Return what a method of project classes does; ``receiver`` are the names of what it changes in its object."""
        effects = [self.summary(one) for each in classes for one in self.objects.methods(each, (method,))]
        found = joined([self._applied(home, one, given, how, 1) for one in effects])
        if any(one.changed & {0, DEFAULT} for one in effects):
            found = found._replace(names=found.names | receiver)
        return found

    def _definition_call(self, home: Source, target: Target, number: int, how: int, given: list[list[Any]]) -> Effects:
        definition = self._sources.definitions[number]
        method = target.rest.partition(".")[0]
        receiver = self._receiver(target, number, inside="." in target.rest)
        if not target.rest:
            match definition.kind:
                case "func":
                    summary = self.summary(number)
                    found = self._applied(home, summary, given, how)
                    return found._replace(names=found.names | receiver) if DEFAULT in summary.changed else found
                case "class":
                    special = [self.summary(one) for one in self.objects.methods(number, ("__",))]
                    return joined([*(self._applied(home, one, given, how, 1) for one in special), self._making(number)])
                case _:
                    return self._object_call(home, number, how, given, receiver)
        classes = [number] if definition.kind == "class" else self.objects.classes_of(number)
        methods = [one for each in classes for one in self.objects.methods(each, (method,))]
        if methods and "." not in target.rest:
            held = [] if definition.kind == "class" else self.objects.functions_in(number)
            called = Effects(frozenset().union(*(self.summary(one).names for one in held)))
            return joined([self._method_call(home, classes, method, how, given, receiver), called])
        last = target.rest.rpartition(".")[2]
        own = definition.kind == "const" and self.objects.is_own(number)
        handed = NOTHING if own else self._handed(home, [one for one in given if isinstance(one[1], str)])
        draws = definition.kind == "const" and self.objects.is_stateful(number)
        if last in _LOG_METHODS or (how == USED and not draws and not re.match(MUTATING_METHOD, last)):
            return handed
        return handed._replace(names=handed.names | receiver)

    def _object_call(self, home: Source, number: int, how: int, given: list[list[Any]], receiver: set[Name]) -> Effects:
        """Return what a call of a constant does: it may be a function, a method, something that a function made."""
        held = [self.summary(one) for one in self.objects.functions_in(number)]
        instances = [
            one for each in self.objects.classes_of(number) for one in self.objects.methods(each, ("__call__",))
        ]
        names = self.objects.bound_to(number)
        keeps = any(STATE in one.changed for one in held) or any(0 in self.summary(one).changed for one in instances)
        if keeps or self.objects.is_stateful(number):  # a method of a generator: NEXT = count().__next__
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
            if at in effects.changed or (at is None and effects.changed - {STATE, DEFAULT}):
                if isinstance(one, int):
                    changed.add(one)
                elif one != "=":
                    names |= self._objects(self._resolver.resolve(home, one))
            if at in effects.called or (at is None and effects.called):
                if isinstance(one, int):
                    called.add(one)
                elif one != "=":
                    for number in self._resolver.resolve(home, one).definitions:
                        if self._sources.definitions[number].kind == "func":
                            names |= self.summary(number).names
        loud = effects.loud if how == DISCARDED else effects.sure
        return Effects(frozenset(names), frozenset(changed), frozenset(called), loud, effects.sure, effects.rebound)
