"""The facts of a module as plain data: its definitions, what each reads and what each changes.

Made by ``facts`` from source text, kept by content, used by ``resolve``, ``effects`` and ``graph``. Nothing here knows
syntax trees, so that reading kept facts back costs no import of ``ast``.

A *path* says what a definition refers to, before anyone knows where that is: ``utils.clean`` (a global name and
attributes), ``!1:models:Model.fit`` (an import: level, module, attributes), ``.`` (the module itself as a value),
``..`` (any module of the process), ``?data/words.txt`` (a file) or ``%numpy`` (an installed distribution).
"""

from typing import Any

import blake3
import orjson

from pivot_fingerprint.named import NamedTuple

FORMAT = 12  # raised whenever facts of the same source are something else than before

# How a path is used; several may hold.
CALLED = 1  # called directly
VALUE = 2  # read in any other way
STORE = 4  # only something in it is replaced: an attribute, an item
NOW = 8  # while the module is being imported
IMPORT = 16  # an import statement names it
BARE = 32  # a call whose result is thrown away
LATER = 64  # when something is called
OPEN = 128  # in a way in which more can be seen of it than that it is called, or that what is in it is called

# What a definition is marked with.
IGNORED = 1  # "# pivot: ignore"
INTROSPECTS = 2  # mentions what reads annotations or docstrings
DYNAMIC = 4  # mentions what can see names: eval, globals, frames
PLAIN = 8  # a class that nothing but its own methods can look into, as far as its header says
CONTAINER = 16  # its value is a list, dict or set made here
FROZEN = 32  # its value is built of immutable constants only
SIMPLE = 64  # a function that shows its name to nobody by itself
RECORDER = 128  # a function that only stores what it gets and gives it back
INNER = 256  # a function inside a statement that is no function: only an entry leads to it
SUBCLASSES = 512  # asks a class for its subclasses
TEXT = 1024  # reads the text of other code
MODULES = 4096  # reads sys.modules
COMPUTED = 8192  # its value cannot be changed if those that it is computed from cannot
ORDERS = 32768  # may ask a class for its members in their order
BUILT = 16384  # its value is a container made here that nobody else knows
DISPATCHES = 2048  # a function made by functools.singledispatch
TABLE = 131072  # its value is a table of functions, or one with some of its arguments, made by its statement
SHARES = 65536  # a class whose instances may have something in common that can be changed, or be one

# An effect is a list: what it is, the reference that it is done to, and more for some.
MUTATES = "m"  # [m, reference, method or "", how far off]: changes the object at a path, or something from it
SETS = "s"  # [s, reference]: sets the attribute that the path ends in
DECLARES = "g"  # [g, name]: assigns a global name from inside a function
INVOKES = "c"  # [c, reference, how, arguments], these as [[position, reference or ~parameter], ...]
PARAMETER = "p"  # [p, parameter]: changes a parameter
STATE = -1  # stands for a parameter: what a function around the one that changes it holds
DEFAULT = -2  # stands for a parameter: the default of one, which the function keeps from one call to the next
SHARED = -3  # stands for a parameter: what the class of a method and its instances have in common
CALLS_OWN = "po"  # [po, name]: calls a method of the object or class whose method it is
FILLS = "pf"  # [pf, name]: changes what is in an attribute of the object whose method it is
CALLS_PARAMETER = "pc"  # [pc, parameter]: calls a parameter
OPERATES = "o"  # [o, reference, method, how, arguments, ...]: calls a method of it, or of what a call of it gives
HANDS = "h"  # [h, arguments]: gives them to somebody who may call them
USED, DISCARDED, DECORATING = 0, 1, 2  # how a call's result is used
# How far off a path something is: the object itself, an item in it, what a call gave, that under another name.
ITSELF, ITEM, GIVEN, KEPT = 0, 1, 2, 3


class Definition:
    """One top-level statement of a module, or one method of a class in it.

    ``owner`` is the index of the class of a method, else -1. ``now``, ``later`` and ``nested`` are effects: while the
    module is imported, when the function is called, when something defined inside it is called. ``guards`` are the
    first and last lines of conditions around it. ``text`` is the digest of what it means without the names of what it
    refers to: those are ``refs``, pairs of path and use in order of appearance. ``annotated`` and ``notes`` are the
    same with annotations, ``full`` with docstrings too, empty if there are none. ``header`` are paths of the
    decorators of a function, of the bases of a class. ``hints`` are paths of the types of a function's parameters, as
    far as they are not data. ``value`` is that of a constant that is a text. ``members`` are the names in the body of
    a class, those of methods with ``()``. From ``text`` on, fields are read from kept facts on first use.
    """

    __slots__ = (
        "_rest",
        "annotated",
        "binds",
        "end",
        "full",
        "guards",
        "header",
        "hints",
        "kind",
        "later",
        "line",
        "marks",
        "members",
        "name",
        "nested",
        "notes",
        "now",
        "opaque",
        "owner",
        "refs",
        "text",
        "value",
    )
    kind: str
    name: str
    binds: list[str]
    line: int
    end: int
    marks: int
    owner: int
    now: list[list[Any]]
    guards: list[list[int]]
    text: str
    annotated: str
    full: str
    refs: list[list[Any]]
    notes: list[list[Any]]
    later: list[list[Any]]
    nested: list[list[Any]]
    opaque: list[list[Any]]
    header: list[str]
    hints: list[str]
    value: str | None
    members: list[str]

    def __init__(self, first: list[Any], rest: str) -> None:
        (
            self.kind,
            self.name,
            self.binds,
            self.line,
            self.end,
            self.marks,
            self.owner,
            self.now,
            self.guards,
        ) = first
        self._rest = rest

    def __getattr__(self, name: str) -> Any:
        if name not in _REST:
            raise AttributeError(name)
        for field, value in zip(_REST, orjson.loads(self._rest), strict=True):
            setattr(self, field, value)
        return getattr(self, name)

    def packed(self) -> list[Any]:
        """Return the arguments that make this definition."""
        return [[getattr(self, field) for field in _FIRST], self._rest]


_FIRST = ("kind", "name", "binds", "line", "end", "marks", "owner", "now", "guards")
_REST = (
    "text", "annotated", "full", "refs", "notes", "later", "nested", "opaque", "header", "hints", "value", "members",
)  # fmt: skip


def make_definition(**fields: Any) -> Definition:
    """Return a definition with these fields."""
    rest = orjson.dumps([fields[field] for field in _REST]).decode()
    return Definition([fields[field] for field in _FIRST], rest)


class Facts(NamedTuple):
    """What the text of one module says.

    ``binds`` maps a name to its bindings in order: the index of a definition, or the path of an import. ``loads`` are
    the imports that run with the module, as (level, module, names, index of the definition that comes next); ``when``
    maps an imported name to its load. ``stars`` are (level, module, load). ``exports`` is ``__all__`` if it can be
    read, None if there is none or it cannot. ``search`` are entries that the import path gets: ``0`` in front or
    ``-`` at the end, then a path as ``locations`` spells it. ``shown`` are the paths that any definition uses
    otherwise than by a plain call of a name, with all their uses; ``late`` are names that functions declare global,
    with those functions; ``marks`` are those of all definitions. ``shelves`` are the paths that tables hold, each with
    the index of the table. ``structure`` is the digest of all this, but for the texts of definitions and the lines on
    which they stand.
    """

    definitions: list[Definition]
    binds: dict[str, list[Any]]
    loads: list[list[Any]]
    when: dict[str, int]
    stars: list[list[Any]]
    exports: list[str] | None
    search: list[str]
    shown: list[list[Any]]
    late: dict[str, list[int]]
    marks: int
    shelves: list[list[Any]]
    structure: str = ""


_TEXTS = {"text", "full"}
_LINES = {"line", "end", "guards"}


def with_structure(facts: Facts) -> Facts:
    """Return facts with the digest of their structure: of everything that does not count for its own text or place.

    Whether two containers are made alike decides on their names in ``shapes``: their texts are structure.
    """
    definitions = [[_without_text(one, field) for field in (*_FIRST, *_REST)] for one in facts.definitions]
    return facts._replace(structure=blake3.blake3(orjson.dumps([definitions, *facts[1:-1]])).hexdigest())


def _without_text(definition: Definition, field: str) -> object:
    if field in _LINES or (field in _TEXTS and not (field == "text" and definition.marks & BUILT)):
        return None
    value = getattr(definition, field)
    if field == "annotated":
        return bool(value)  # whether there are annotations
    return [[what, *path] for what, _, *path in value] if field == "opaque" else value


def lines_of(facts: Facts) -> str:
    """Return a digest of where the definitions of a module stand."""
    places = [[one.line, one.end, one.guards] for one in facts.definitions]
    return blake3.blake3(orjson.dumps(places)).hexdigest()


def join(path: str, attributes: str) -> str:
    """Return a path with more attributes at its end."""
    if not attributes:
        return path
    return path + attributes if path.endswith(":") else f"{path}.{attributes}"


def encode(facts: Facts) -> bytes:
    """Return facts as bytes for a memo."""
    return orjson.dumps([[one.packed() for one in facts.definitions], *facts[1:]])


def decode(data: bytes) -> Facts | None:
    """Read what ``encode`` wrote; None if something else did."""
    try:
        definitions, *rest = orjson.loads(data)
        return Facts([Definition(first, body) for first, body in definitions], *rest)
    except (ValueError, TypeError):
        return None
