"""How the parts of a fingerprint are made from the texts of definitions, as plain data; and the making itself.

A recipe follows from the structure of the sources alone: from which names are bound, read and changed where. An edit
that leaves the structure as it is puts other texts and lines into the same recipes. They are written by ``digests``;
``remaking`` finds out whether they still hold.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import blake3

from pivot_fingerprint.definitions import Facts, join
from pivot_fingerprint.named import NamedTuple
from pivot_fingerprint.parts import Fingerprint, Opaque, Part

HALF = 32
NO_SHAPE = -1  # stands for a recipe where a module is only loaded


class Recipe(NamedTuple):
    """One definition: where it is, and what its digests are made of.

    ``module`` and ``at`` are the index of its module and its own in there, ``field`` says which of its texts counts.
    ``names`` are what its names mean, and whatever else its text stands next to. In its shape, ``title`` stands in
    front, and ``shapes`` in place of some of the names: a place, a recipe, and attributes of what that is. ``text``,
    ``line`` and ``end`` are those of the source that the recipe was written from.
    """

    module: int
    at: int
    kind: str
    name: str
    title: str
    field: str
    names: list[str]
    shapes: list[tuple[int, int, str]]
    text: str
    line: int
    end: int


class Row(NamedTuple):
    """A part that is made of a recipe; ``order`` counts besides.

    With ``whole`` the part has no shape: it is made of the recipe's digest and these texts. ``joined`` are rows before
    it that make one part together, each with its place among others.
    """

    recipe: int
    order: list[str]
    whole: list[str] | None
    joined: list[tuple[int, list[str]]]


class Answer(NamedTuple):
    """A fingerprint.

    ``parts`` are rows by their index, others by its complement. ``opaque`` are the fields of an ``Opaque``, then recipe
    and index of what has the line. ``ignored`` are recipes.
    """

    name: str
    parts: list[int]
    packages: tuple[tuple[str, str], ...]
    opaque: list[tuple[str, str, int, str, int, int]]
    ignored: list[int]


class Book(NamedTuple):
    """All recipes of a question.

    ``modules`` are names and files. ``components`` are the recipes that have shapes, those together that lead to one
    another, and each after what it leads to. ``others`` are parts that are no definitions.
    """

    modules: list[tuple[str, str]]
    recipes: list[Recipe]
    components: list[list[int]]
    rows: list[Row]
    others: list[Part]


def read_book(packed: list[Any]) -> Book:
    """Return a book that was kept as plain data."""
    modules, recipes, components, rows, others = packed
    return Book(
        modules,
        [Recipe._make(one) for one in recipes],
        components,
        [Row._make(one) for one in rows],
        [Part._make(one) for one in others],
    )


def fingerprints(book: Book, answers: Iterable[Answer], fresh: Mapping[int, Facts]) -> dict[str, Fingerprint]:
    """Return the fingerprints of answers; modules in ``fresh`` have other texts and lines than when the book was
    written."""
    maker = _Maker(book, fresh)
    return {answer.name: maker.fingerprint(answer) for answer in answers}


def text_digest(recipe: Recipe) -> str:
    """Return the digest of a definition's own text with the names of what it refers to."""
    return digest([recipe.text, *recipe.names])


class _Maker:
    """Makes the parts of a book, each once."""

    def __init__(self, book: Book, fresh: Mapping[int, Facts]) -> None:
        self._book = book
        self._fresh = fresh
        self._recipes = [_renewed(one, fresh.get(one.module)) for one in book.recipes] if fresh else book.recipes
        self._texts = [text_digest(one) for one in self._recipes]
        self._shapes: dict[int, str] = {}
        for component in book.components:
            self._settle(component)
        self._parts = {~at: part for at, part in enumerate(book.others)}
        for at, row in enumerate(book.rows):
            self._parts[at] = self._joined(row.joined) if row.joined else self._part(row)

    def fingerprint(self, answer: Answer) -> Fingerprint:
        parts = self._parts
        ignored = {self._with_digest(one, self._texts[one]) for one in answer.ignored}
        return Fingerprint(
            tuple([parts[at] for at in answer.parts]),
            answer.packages,
            tuple(sorted({self._opaque(*one) for one in answer.opaque})),
            {},
            tuple(sorted(ignored, key=lambda part: part.key)),
        )

    def _opaque(self, what: str, file: str, line: int, within: str, recipe: int, at: int) -> Opaque:
        one = self._recipes[recipe]
        facts = self._fresh.get(one.module)
        return Opaque(what, file, facts.definitions[one.at].opaque[at][1] if facts else line, within)

    def _joined(self, group: list[tuple[int, list[str]]]) -> Part:
        """Return one part for all definitions that share a key, in the order of the source."""
        parts = [self._parts[row] for row, _ in group]
        digests = [
            combined([part.digest], order) if order else part.digest
            for part, (_, order) in zip(parts, group, strict=True)
        ]
        return parts[0]._replace(digest=digests[0] if len(group) == 1 else combined(digests, []))

    def _part(self, row: Row) -> Part:
        at = row.recipe
        if row.whole is not None:
            return self._with_digest(at, digest([self._texts[at], *row.whole, *row.order]))
        found = self._texts[at][:HALF] + self._shapes[at][:HALF]
        return self._with_digest(at, combined([found], row.order) if row.order else found)

    def _with_digest(self, at: int, found: str) -> Part:
        one = self._recipes[at]
        module, file = self._book.modules[one.module]
        return Part(one.kind, module, one.name, found, file, one.line, one.end)

    # ------------------------------------------------------------ shapes

    def _settle(self, component: list[int]) -> None:
        """Find the shapes of definitions that lead to one another, everything below them being known."""
        first = component[0]
        if len(component) == 1 and all(one != first for _, one, _ in self._recipes[first].shapes):
            self._shapes[first] = self._shape(first, {})
            return
        itself = dict.fromkeys(component, "itself")
        colours = {at: self._shape(at, itself) for at in component}
        count = 0
        while count != len(set(colours.values())):
            count = len(set(colours.values()))
            colours = {at: self._shape(at, colours) for at in component}
        self._shapes.update(colours)

    def _shape(self, at: int, colours: Mapping[int, str]) -> str:
        recipe = self._recipes[at]
        pieces = [*recipe.names]
        for place, one, rest in recipe.shapes:
            shape = "a module" if one == NO_SHAPE else "shape " + (colours.get(one) or self._shapes[one])
            pieces[place] = join(shape, rest)
        return digest([recipe.title, recipe.text, *pieces])


def _renewed(recipe: Recipe, facts: Facts | None) -> Recipe:
    if facts is None:
        return recipe
    definition = facts.definitions[recipe.at]
    text: str = getattr(definition, recipe.field) or definition.text
    return recipe._replace(text=text, line=definition.line, end=definition.end)


def digest(texts: Iterable[str]) -> str:
    """Return the digest of texts as 64 hex digits."""
    return blake3.blake3("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def combined(digests: list[str], more: list[str]) -> str:
    """Return one digest for several, each half by itself."""
    return "".join(digest([*(one[half] for one in digests), *more])[:HALF] for half in (slice(HALF), slice(HALF, None)))
