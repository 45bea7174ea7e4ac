"""What a digester collects on the way, and that its digests depend on the value alone.

That different values have different digests is told in ``test_live``.
"""

import copy
import enum
import functools
import json
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import CellType, FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_fingerprint.parts import Entry
from pivot_fingerprint.values import Digester, digest_value, is_single_dispatch, module_file

SOURCE = """
import enum, functools

class Color(enum.Enum):
    RED = 1

class Model:
    def fit(self): ...

def plain(): ...

def factory(value):
    def inner(): return value
    return inner

@functools.lru_cache(maxsize=8)
def cached(): ...

@functools.singledispatch
def area(shape): ...

@area.register
def of_number(shape: int): ...
"""


@pytest.fixture
def shapes(project) -> ModuleType:
    project.write("shapes!.py", SOURCE)
    return project.load("shapes")


def collected(*values: object) -> Digester:
    digester = Digester()
    for value in values:
        digester.digest(value)
    return digester


class TestEntries:
    @pytest.mark.parametrize(
        ("find", "names"),
        [
            (lambda shapes: shapes.plain, {"plain"}),
            (lambda shapes: shapes.Model, {"Model"}),
            (lambda shapes: shapes.Model(), {"Model"}),
            (lambda shapes: shapes.Model().fit, {"Model", "Model.fit"}),
            (lambda shapes: shapes.Color.RED, {"Color"}),
            (lambda shapes: shapes, {""}),
            (lambda shapes: shapes.factory(shapes.plain), {"factory.<locals>.inner", "plain"}),
            (lambda shapes: {"deep": [(shapes.plain, {shapes.Model})]}, {"plain", "Model"}),
            (lambda shapes: functools.partial(shapes.plain, shapes.Model), {"plain", "Model"}),
            (lambda shapes: shapes.cached, {"cached"}),
            (lambda shapes: shapes.area, {"area", "of_number"}),
            (lambda shapes: property(shapes.plain), {"plain"}),
            (lambda shapes: staticmethod(shapes.plain), {"plain"}),
        ],
    )
    def test_definitions_behind_a_value(
        self, shapes: ModuleType, find: Callable[[ModuleType], object], names: set[str]
    ) -> None:
        found = [entry for entry in collected(find(shapes)).entries if entry.module == shapes.__name__]
        assert {entry.qualname for entry in found} == names

    def test_lines(self, shapes: ModuleType) -> None:
        assert list(collected(shapes.plain).entries) == [Entry(shapes.__name__, "plain", 10)]

    def test_class_whose_module_is_not_registered(self, project) -> None:
        path = project.write("script!.py", "class Model:\n    def fit(self): ...\n")
        space: dict[str, Any] = {"__name__": "never_registered"}
        exec(compile(path.read_text(), str(path), "exec"), space)
        assert list(collected(space["Model"]).entries) == [Entry("never_registered", "Model", 1)]


class TestPackages:
    def test_third_party_by_its_top_level_name(self) -> None:
        strategies = pytest.importorskip("hypothesis.strategies")
        digester = collected(strategies, pytest.approx)
        assert "hypothesis" in digester.packages
        assert "hypothesis.strategies" not in digester.packages
        assert list(digester.entries) == []

    def test_numpy(self) -> None:
        np = pytest.importorskip("numpy")
        assert list(collected(np.zeros(1)).packages) == ["numpy"]

    @pytest.mark.parametrize("value", [len, json, json.dumps, str.upper, Digester, 1, [PurePosixPath("a")]])
    def test_neither_the_standard_library_nor_our_own(self, value: object) -> None:
        digester = collected(value)
        assert list(digester.packages) == []
        assert list(digester.entries) == []


class TestUnreadable:
    def test_named_by_type(self) -> None:
        digester = collected([threading.Lock(), {"a": (i for i in ())}, 1])
        assert digester.unreadable == ["_thread.lock", "builtins.generator"]

    def test_readable_values_are_not(self) -> None:
        assert collected([1, {"a": {2.5}}, Path("a")]).unreadable == []

    def test_what_is_too_deep_leaves_no_trace(self) -> None:
        class Deep:
            too_deep = True

            def __reduce__(self) -> tuple[Any, ...]:
                if Deep.too_deep:
                    raise RecursionError
                return Deep, ()

        value = [[Deep()]]
        digester = Digester()
        with pytest.raises(RecursionError):
            digester.digest(value)
        Deep.too_deep = False
        assert digester.digest(value) == Digester().digest(value)


class TestFunctions:
    def test_what_closures_hold_counts(self, shapes: ModuleType) -> None:
        assert digest_value(shapes.factory([1])) == digest_value(shapes.factory([1]))
        assert digest_value(shapes.factory([1])) != digest_value(shapes.factory([2]))

    def test_cells(self) -> None:
        digests = {digest_value(CellType(*content)) for content in ((), (None,), (1,))}
        assert len(digests) == 3
        assert digest_value(CellType(1)) == digest_value(1)

    def test_defaults_and_attributes_count(self) -> None:
        def make(default: int, keyword: int, attribute: int) -> FunctionType:
            def f(x: int = default, *, y: int = keyword) -> None: ...

            f.attribute = attribute
            return f

        variants = [make(*values) for values in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))]
        assert len(set(map(digest_value, variants))) == 4
        assert digest_value(make(1, 2, 3)) == digest_value(make(1, 2, 3))

    def test_order_of_registration_does_not_count(self) -> None:
        def area(shape: object) -> None: ...

        def of_one(shape: object) -> None: ...

        def dispatcher(**kinds: type) -> Any:
            made = functools.singledispatch(area)
            for kind in kinds.values():
                made.register(kind, of_one)
            return made

        assert is_single_dispatch(dispatcher())
        assert not is_single_dispatch(area)
        assert digest_value(dispatcher(a=int, b=str)) == digest_value(dispatcher(b=str, a=int))
        assert digest_value(dispatcher(a=int, b=str)) != digest_value(dispatcher(a=int))

    def test_size_of_a_cache_counts(self, shapes: ModuleType) -> None:
        sizes = [functools.lru_cache(maxsize)(shapes.plain) for maxsize in (1, 1, 2)]
        one, same, other = map(digest_value, sizes)
        assert one == same != other


class TestClasses:
    def test_local_classes_by_their_content(self) -> None:
        def make(unit: str) -> type:
            class Scale:
                name = unit

                def convert(self) -> str:
                    return unit

            return Scale

        assert digest_value(make("m")) == digest_value(make("m"))
        assert digest_value(make("m")) != digest_value(make("km"))

    def test_members_with_the_same_value(self) -> None:
        class One(enum.Enum):
            A = 1
            B = 2

        assert digest_value(One.A) == digest_value(One(1))
        assert len({digest_value(value) for value in (One.A, One.B, 1, 2)}) == 4


def test_cycle_that_is_entered_twice_is_not_two_cycles() -> None:
    one: list[Any] = []
    link = [one]
    one += [link, [link]]
    other: list[Any] = []
    second: list[Any] = []
    second.append([second])
    other += [[other], second]
    assert digest_value(one) != digest_value(other)


class TestRoots:
    @pytest.mark.parametrize("make", [str, Path])
    def test_relative_below_a_root(self, make: Callable[[str], object]) -> None:
        def digests(root: str) -> list[str]:
            places = (root, f"{root}/", f"{root}/a", f"{root}/a/b", f"{root}x/a", "/elsewhere")
            return [digest_value({"at": make(place)}, roots=[root]) for place in places]

        here, there = digests("/home/me/project"), digests("/srv/checkout")
        assert here[:4] == there[:4]
        assert here[5] == there[5]
        assert here[4] != there[4]

    def test_relative_text_is_another_one(self) -> None:
        assert digest_value("/project/a", roots=["/project"]) != digest_value("a", roots=["/project"])
        assert digest_value("/project", roots=["/project"]) != digest_value("", roots=["/project"])

    def test_root_with_a_separator_at_its_end(self) -> None:
        assert digest_value("/project/a", roots=["/project/"]) == digest_value("/project/a", roots=["/project"])


class TestModuleFile:
    def test_module(self) -> None:
        assert module_file("json") == json.__file__

    def test_no_file(self) -> None:
        assert module_file("sys") is None
        assert module_file("never_imported_at_all") is None

    def test_namespace_package(self, project) -> None:
        project.write("space!/inner.py", "")
        project.load("space")
        assert module_file(project.name("space")) == str(project.root / project.name("space") / "__init__.py")


leaves = st.integers(-2, 2) | st.sampled_from(["", "a", None, 1.0, True])
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner), max_leaves=8)


def knotted(value: Any, root: list[Any] | None = None) -> Any:
    """The same with the outermost list inside every list."""
    match value:
        case list():
            made: list[Any] = []
            root = made if root is None else root
            made += [knotted(item, root) for item in value]
            made.append(root)
            return made
        case tuple():
            return tuple(knotted(item, root) for item in value)
    return value


class TestLaws:
    @given(st.lists(trees, max_size=4))
    def test_what_was_digested_before_does_not_matter(self, values: list[Any]) -> None:
        digester = Digester()
        assert [digester.digest(value) for value in values] == [Digester().digest(value) for value in values]

    @given(trees)
    def test_nor_how_deep_a_cycle_lies(self, tree: Any) -> None:
        value = knotted(tree)
        digester = Digester()
        digester.digest([[value]])
        assert digester.digest(value) == Digester().digest(value)

    @given(trees)
    def test_copies_of_cycles_are_equal(self, tree: Any) -> None:
        value = knotted(tree)
        assert digest_value(copy.deepcopy(value)) == digest_value(value)

    @given(trees, trees)
    def test_cycles_around_different_values_differ(self, one: Any, two: Any) -> None:
        assert (digest_value(knotted([one])) == digest_value(knotted([two]))) == (
            digest_value(one) == digest_value(two)
        )

    @given(trees)
    def test_sharing_does_not_count(self, tree: Any) -> None:
        assert digest_value([tree, tree]) == digest_value([tree, copy.deepcopy(tree)])
