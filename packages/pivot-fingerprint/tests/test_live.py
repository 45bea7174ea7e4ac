"""What is bound to a live function is found and digested by content."""

import collections
import copy
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import importlib
import itertools
import math
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_fingerprint.live import Live, capture, live_parts
from pivot_fingerprint.values import digest_value

_numbers = itertools.count()
Load = Callable[[str], ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import a module from source; it always has the same name, so that its digests can be compared."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names: list[str] = []

    def load_source(source: str, name: str = "stages_of_live") -> ModuleType:
        folder = tmp_path / str(next(_numbers))
        folder.mkdir()
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(str(folder))
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        names.append(name)
        return importlib.import_module(name)

    yield load_source
    for name in names:
        sys.modules.pop(name, None)


def labels(live: Live) -> list[str]:
    return [part.name for part in live.parts]


def entries(live: Live) -> set[str]:
    return {f"{entry.module}:{entry.qualname}" for entry in live.entries}


def digests(function: object) -> dict[str, str]:
    return {part.key: part.digest for part in live_parts(function)[1]}


class TestFunctions:
    def test_plain_function_is_its_entry(self, load: Load) -> None:
        module = load("def train(x, n=3, *, name='a', flag=None): return x\n")
        assert capture(module.train) == Live((("stages_of_live", "train", 1),), (), (), ())

    def test_default_that_is_no_literal(self, load: Load) -> None:
        module = load("def train(x, options={'a': 1}, *, names=('x',)): return x\n")
        assert labels(capture(module.train)) == ["train.options", "train.names"]

    def test_definition_in_a_loop(self, load: Load) -> None:
        module = load(
            """
            stages = []
            for n in (1, 2):
                def train(x, n=n): return x * n
                stages.append(train)
                stages.append(lambda x, d=n: x * d)
            """
        )
        first, first_lambda, second, second_lambda = module.stages
        assert labels(capture(first)) == ["train.n"]
        assert labels(capture(first_lambda)) == ["<lambda>.<code>", "<lambda>.d"]
        assert digests(first) != digests(second)
        assert digests(first_lambda) != digests(second_lambda)
        assert capture(first).entries == (("stages_of_live", "train", 4),)
        assert capture(second_lambda).entries == (("stages_of_live", "<lambda>", 6),)

    def test_closure(self, load: Load) -> None:
        load("X = 1\n", "helper_of_live")
        module = load(
            """
            import helper_of_live
            class Model: ...
            def make(threshold, model=Model, tool=helper_of_live):
                later = None
                def train(x): return later, model, threshold, tool
                del later
                return train
            """
        )
        live = capture(module.make(3))
        assert labels(live) == ["train.later", "train.threshold"]
        assert entries(live) == {
            "stages_of_live:make.<locals>.train", "stages_of_live:Model", "helper_of_live:",
        }  # fmt: skip
        assert digests(module.make(3)) == digests(module.make(3))
        assert digests(module.make(3)) != digests(module.make(3.0))

    def test_captured_function_with_defaults_and_lambda(self, load: Load) -> None:
        module = load(
            """
            def bare(x): return x
            def tuned(x, k=[1]): return x
            def make(f):
                def train(x): return f(x)
                return train
            pick = [lambda x: x + 1, lambda x: x * 2]
            """
        )
        assert labels(capture(module.make(module.bare))) == []
        assert entries(capture(module.make(module.bare))) >= {"stages_of_live:bare"}
        assert labels(capture(module.make(module.tuned))) == ["train.f"]
        one, two = (module.make(f) for f in module.pick)
        assert digests(one) != digests(two)

    def test_twins_of_one_factory(self, load: Load) -> None:
        module = load(
            """
            def make(fast):
                if fast:
                    def train(x): return x
                else:
                    def train(x): return -x
                return train
            """
        )
        assert digests(module.make(True)) != digests(module.make(False))

    def test_layout_comments_and_docstrings_do_not_count(self, load: Load) -> None:
        tidy = load("def make(k):\n    return lambda x, y=0: [i for i in x if i > k and y] or None\n")
        before = digests(tidy.make(1))
        wild = load(
            """
            # a comment
            def make(k):
                '''A docstring.'''
                return (
                    lambda x, y=0:  # another
                    [
                        i
                        for i in x
                        if i > k
                        and y
                    ]
                    or None
                )
            """
        )
        assert digests(wild.make(1)) == before

    def test_docstring_of_a_twin_does_not_count(self, load: Load) -> None:
        source = "def make(f):\n if f:\n  def g(): {}return 'a'\n else:\n  def g(): return 'b'\n return g\n"
        plain, documented = (load(source.format(text)) for text in ("", "'doc'; "))
        before = digests(plain.make(1))
        assert before
        assert digests(documented.make(1)) == before

    def test_partial(self, load: Load) -> None:
        module = load(
            """
            from functools import partial, partialmethod
            def scale(x): return x
            def train(x, rate, how): return x
            stage = partial(partial(train, rate=0.1), how=scale)
            class Model:
                def fit(self, x, k): return x
                fit_three = partialmethod(fit, k=3)
            other = partial(Model().fit, 5)
            """
        )
        live = capture(module.stage)
        assert labels(live) == ["train.rate"]
        assert entries(live) == {"stages_of_live:train", "stages_of_live:scale"}
        assert labels(capture(module.Model.__dict__["fit_three"])) == ["fit.k"]
        assert labels(capture(module.other)) == ["fit.args[0]"]

    def test_bound_methods_and_callable_instances(self, load: Load) -> None:
        module = load(
            """
            class Base: __slots__ = ()
            class Model(Base):
                __slots__ = ('rate', '__hidden', '__dict__')
                def __init__(self, rate): self.rate = rate; self.extra = [1]
                def fit(self, x): return x
                @classmethod
                def make(cls, x): return x
                @staticmethod
                def free(x): return x
                def __call__(self, x): return x
            class Plain:
                def __call__(self, x): return x
            """
        )
        model = module.Model(0.1)
        assert labels(capture(model.fit)) == ["Model.extra", "Model.rate"]
        assert entries(capture(model.fit)) == {"stages_of_live:Model.fit", "stages_of_live:Model"}
        assert digests(model.fit) != digests(module.Model(0.2).fit)
        assert labels(capture(model)) == ["Model.extra", "Model.rate"]
        assert entries(capture(model)) == {"stages_of_live:Model"}
        assert entries(capture(module.Model.make)) == {"stages_of_live:Model.make", "stages_of_live:Model"}
        assert entries(capture(module.Model.free)) == {"stages_of_live:Model.free"}
        assert entries(capture(module.Model)) == {"stages_of_live:Model"}
        assert capture(module.Plain()).parts == ()

    def test_decorators(self, load: Load) -> None:
        module = load(
            """
            import functools
            def retry(times):
                def decorate(fn):
                    @functools.wraps(fn)
                    def wrapper(*a): return fn(*a, times)
                    return wrapper
                return decorate
            class Counted:
                def __init__(self, fn): self.fn = fn; self.count = 0
                def __call__(self, *a): return self.fn(*a)
            @retry(3)
            @retry(5)
            def train(x): return x
            @functools.cache
            def cached(x): return x
            @Counted
            def counted(x): return x
            @functools.singledispatch
            def dispatched(x): return x
            @dispatched.register
            def _(x: int): return x
            """
        )
        live = capture(module.train)
        assert {"wrapper.times", "wrapper.times#2"} <= set(labels(live))
        assert entries(live) == {"stages_of_live:train", "stages_of_live:retry.<locals>.decorate.<locals>.wrapper"}
        assert entries(capture(module.cached)) == {"stages_of_live:cached"}
        live = capture(module.counted)
        assert labels(live) == ["Counted.count"]
        assert entries(live) == {"stages_of_live:Counted", "stages_of_live:counted"}
        assert entries(capture(module.dispatched)) == {"stages_of_live:dispatched", "stages_of_live:_"}
        before = digests(module.dispatched)
        module.dispatched(1)
        assert digests(module.dispatched) == before, "what was called before must not matter"

    def test_code_that_was_made_from_text(self, load: Load) -> None:
        def live(body: str) -> tuple[Live, dict[str, str]]:
            module = load(f"""
                names = {{}}
                exec("def f(x): {body}", names)
                f = names["f"]
                def lent(function):
                    def call():
                        return function(1)
                    return call
                g = lent(f)
            """)
            return capture(module.f), digests(module.g)

        one, lent = live("return x + 1")
        assert (one, lent) == live("return x + 1")
        other, other_lent = live("return x + 2")
        assert one.parts != other.parts and lent != other_lent
        assert [(opaque.what, opaque.file) for opaque in one.opaque] == [
            ("f, whose code was made from text: its own instructions count", "")
        ]

    def test_recursive_closure(self, load: Load) -> None:
        module = load(
            """
            def make(k):
                def walk(n): return walk(n - 1) if n else helper(k)
                def helper(x): return walk(0) if x else 0
                return walk
            """
        )
        assert digests(module.make(1)) == digests(module.make(1))
        assert digests(module.make(1)) != digests(module.make(2))

    def test_local_class(self, load: Load) -> None:
        module = load(
            """
            def make(k):
                class Model:
                    size = 3
                    def fit(self): return k
                return lambda: Model()
            """
        )
        assert digests(module.make(1)) == digests(module.make(1))
        assert digests(module.make(1)) != digests(module.make(2))
        assert "stages_of_live:make.<locals>.Model" in entries(capture(module.make(1)))

    def test_unreadable_values_are_named(self, load: Load) -> None:
        module = load(
            """
            import threading
            def make(box):
                def train(x): return box
                return train
            stage = make({'lock': threading.Lock(), 'n': 1})
            """
        )
        live = capture(module.stage)
        assert labels(live) == ["train.box"]
        (opaque,) = live.opaque
        assert opaque == (
            "a value of type _thread.lock in train.box",
            module.__file__,
            4,
            "live:stages_of_live:train.box",
        )
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        (opaque,) = capture(module.make(deep)).opaque
        assert opaque.what == "a value of type builtins.list, nested too deeply in train.box"

    def test_third_party_and_standard_library(self, load: Load) -> None:
        module = load(
            """
            import json, functools, pytest, hypothesis.strategies
            def make(a, b, c, d):
                def train(x): return a, b, c, d
                return train
            stage = make(json.dumps, pytest.approx, hypothesis.strategies, len)
            """
        )
        live = capture(module.stage)
        assert labels(live) == ["train.a", "train.b", "train.c", "train.d"]
        assert "hypothesis" in live.packages
        assert "json" not in live.packages
        assert labels(capture(len)) == ["len.function"]

    def test_places_below_the_root_count_relative_to_it(self, load: Load) -> None:
        module = load("def make(a):\n    def train(x): return a\n    return train\n")

        def found(root: str) -> list[str]:
            return [
                live_parts(module.make(place), roots=[root])[1][0].digest
                for place in (f"{root}/data/a", Path(root) / "data" / "a", root, "/elsewhere/a", f"{root}x")
            ]

        here, there = found("/home/me/project"), found("/srv/checkout")
        assert here[:4] == there[:4]
        assert here[4] != there[4]
        assert len(set(here)) == 5

    def test_same_in_another_process_and_hash_seed(self, load: Load) -> None:
        module = load(SEVERAL)
        expected = repr({key: digests(value) for key, value in module.stages.items()})
        script = textwrap.dedent(
            """
            from stages_of_live import stages
            from pivot_fingerprint.live import live_parts
            print({k: {p.key: p.digest for p in live_parts(v)[1]} for k, v in stages.items()})
            """
        )
        path = [str(Path(str(module.__file__)).parent), *sys.path]
        for seed in ("0", "1", "77"):
            shown = subprocess.run(
                [sys.executable, "-c", f"import sys; sys.path[:] = {path!r}\n{script}"],
                env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
            )  # fmt: skip
            assert shown.stdout.strip() == expected


SEVERAL = """
import collections, dataclasses, datetime as dt, enum, pathlib, re, uuid
class Color(enum.Enum):
    RED = frozenset({"a", "b", "c"})
@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    x: int
    names: frozenset = frozenset({"x", "y", "z"})
class Node:
    def __init__(self, name): self.name, self.links = name, []
one, two = Node("one"), Node("two")
one.links.append(two); two.links.append(one)
values = {
    "sets": [{"a", "b", ("c", 1), None, 2.5}, {frozenset({"q", "w"}), frozenset({"e"})}],
    "classes": [Color.RED, Point(1), Point, one, two, Color],
    "library": [re.compile("a+", re.I), uuid.UUID(int=5), dt.datetime(2024, 1, 2, tzinfo=dt.UTC),
                pathlib.Path("a/b"), collections.Counter("hello"), collections.deque([1], 3), range(5), slice(1, 2)],
    "functions": [len, str.upper, "a".upper, re.compile, lambda x: x in {"a", "b", "c"}],
}
def make(v):
    def train(x): return v
    return train
stages = {k: make(v) for k, v in values.items()}
"""


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Flags(enum.IntFlag):
    A = 1
    B = 2


class Pair(NamedTuple):
    a: int
    b: int


class OtherPair(NamedTuple):
    a: int
    b: int


@dataclasses.dataclass
class Point:
    x: int
    y: list[int] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    x: int


class Temperature(float):
    unit = "C"


class Chest(dict[str, int]):
    pass


class Secretive:
    def __init__(self, shown: int, hidden: int) -> None:
        self.shown, self.hidden = shown, hidden

    def __getstate__(self) -> dict[str, int]:
        return {"shown": self.shown}


class Broken:
    def __reduce__(self) -> str:
        raise RuntimeError("no")


DISTINCT: list[Any] = [
    None, True, False, 0, 1, -1, 10**30, 0.0, -0.0, 1.0, math.inf, math.nan, 1j, complex(0, -0.0), "", "a", "1",
    "\ud800", b"", b"a", bytearray(b"a"), (), [], {}, set(), frozenset(), (1,), [1], {1}, frozenset({1}), {1: 1},
    [[]], [[], []], ["ab", "c"], ["a", "bc"], [("a",), "b"], [("a", "b")], {"a": 1, "b": 2}, {"b": 2, "a": 1},
    Path("a"), Path("/a"), pathlib.PureWindowsPath("a"), re.compile("a"), re.compile("a", re.I), re.compile(b"a"),
    dt.date(2024, 1, 1), dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.time(1),
    dt.datetime(2024, 1, 1, fold=1), dt.timedelta(1), decimal.Decimal("1.0"), decimal.Decimal("1.00"),
    fractions.Fraction(1, 2), uuid.UUID(int=1), Color.RED, Color.BLUE, Flags.A, Flags.A | Flags.B, range(3), range(4),
    range(0), slice(1, 2), slice(1, 2, 1), Pair(1, 2), OtherPair(1, 2), (1, 2), Point(1), Point(1, [2]), Slotted(1),
    Temperature(1), Chest(a=1), {"a": 1}, collections.OrderedDict(a=1), collections.defaultdict(int, a=1),
    collections.defaultdict(list, a=1), collections.Counter(a=1), collections.deque([1]), collections.deque([1], 2),
    Secretive(1, 1), Secretive(2, 1), len, max, "a".upper, "b".upper, str.upper, Color, Point, ...,
    NotImplemented, list[int], list[str], int | str, functools.partial(len), functools.partial(len, []),
    ValueError("a"), KeyError("a"), iter([1, 2]), memoryview, types := collections.namedtuple("types", "a"), types(1),
]  # fmt: skip


class TestValues:
    def test_different_values_differ(self) -> None:
        seen: dict[str, Any] = {}
        for value in DISTINCT:
            digest = digest_value(value)
            assert digest not in seen, f"{value!r} is taken for {seen[digest]!r}"
            seen[digest] = value

    @pytest.mark.parametrize(
        "value", [value for value in DISTINCT if not callable(value)], ids=lambda v: type(v).__name__
    )
    def test_a_copy_has_the_same_digest(self, value: Any) -> None:
        assert digest_value(copy.deepcopy(value)) == digest_value(value)

    def test_modules_by_name(self) -> None:
        assert len({digest_value(module) for module in (math, re, os)}) == 3

    def test_nan_is_one(self) -> None:
        assert digest_value(-math.nan) == digest_value(float("nan"))

    def test_equal_ranges(self) -> None:
        assert digest_value(range(0, 3, 2)) == digest_value(range(0, 4, 2))
        assert digest_value(range(5, 5)) == digest_value(range(0))

    def test_order_of_sets_and_attributes_does_not_count(self) -> None:
        one, two = Point(1), Point(1)
        two.__dict__.clear()
        two.__dict__.update(y=[], x=1)
        assert digest_value(one) == digest_value(two)
        assert digest_value({8, 16, 0}) == digest_value({0, 16, 8})

    def test_what_a_class_leaves_out_of_its_state(self) -> None:
        assert digest_value(Secretive(1, 1)) == digest_value(Secretive(1, 2))

    def test_sharing_does_not_count(self) -> None:
        part = [1]
        assert digest_value([part, part]) == digest_value([[1], [1]])

    def test_cycles(self) -> None:
        def ring(*values: int) -> list[Any]:
            first: list[Any] = []
            first[:] = [values[0], functools.reduce(lambda tail, value: [value, tail], values[:0:-1], first)]
            return first

        assert digest_value(ring(1, 2, 3)) == digest_value(ring(1, 2, 3))
        assert digest_value([ring(1, 2)]) == digest_value([ring(1, 2)])
        assert digest_value(ring(1, 2, 3)) != digest_value(ring(1, 3, 2))
        assert digest_value([ring(1, 2), ring(1, 2)]) != digest_value([ring(1, 2), ring(2, 1)])
        table: dict[str, Any] = {}
        table["self"] = (table, [table])
        assert digest_value(table) == digest_value(copy.deepcopy(table))

    def test_dense_graph_is_not_walked_along_every_path(self) -> None:
        class Node:
            def __init__(self) -> None:
                self.others: list[Node] = []

        nodes = [Node() for _ in range(60)]
        for node in nodes:
            node.others = list(nodes)
        assert digest_value(nodes) == digest_value(copy.deepcopy(nodes))

    def test_digests_do_not_depend_on_what_was_digested_before(self) -> None:
        loop: list[Any] = [1]
        loop.append(loop)
        assert digest_value([loop, [loop]]) == digest_value([copy.deepcopy(loop), [copy.deepcopy(loop)]])

    @pytest.mark.parametrize(
        "value", [threading.Lock(), (i for i in ()), Broken()], ids=["lock", "generator", "broken"]
    )
    def test_unreadable_values_count_by_type(self, value: Any) -> None:
        assert digest_value([value]) == digest_value([value])
        assert digest_value([value]) != digest_value([object()])

    def test_golden(self) -> None:
        """Digests are recorded in lock files: a change here needs a new scheme."""
        assert digest_value([1, "a", (2.5, None), {"k": {1, 2}}, b"x", True]) == GOLDEN


GOLDEN = "abfa46c9d52ece9fd866ff26be301fa88a7cd46f3516b7817a618157be646d3a"

atoms = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.dates()
    | st.decimals(allow_nan=False) | st.uuids() | st.complex_numbers(allow_nan=False)
)  # fmt: skip
hashable = st.recursive(atoms, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=4), max_leaves=6)
values = st.recursive(
    atoms | st.frozensets(hashable, max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hashable, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=15,
)


def exact(value: Any) -> Any:
    """A form whose equality is identity of behaviour: with types, and the order of dictionaries."""
    match value:
        case list() | tuple():
            return (type(value), [exact(item) for item in value])
        case dict():
            return (dict, [(exact(key), exact(item)) for key, item in value.items()])
        case frozenset():
            return (frozenset, sorted(repr(exact(item)) for item in value))
        case _:
            return (type(value), repr(value))


class TestLaws:
    @given(values)
    def test_copies_are_equal(self, value: Any) -> None:
        assert digest_value(copy.deepcopy(value)) == digest_value(value)

    @given(values, values)
    def test_equal_digests_exactly_for_equal_values(self, one: Any, two: Any) -> None:
        assert (digest_value(one) == digest_value(two)) == (exact(one) == exact(two))

    @given(values, values)
    def test_context_does_not_matter(self, one: Any, two: Any) -> None:
        assert (digest_value([one, 0]) == digest_value([two, 0])) == (digest_value(one) == digest_value(two))

    @given(st.lists(hashable, unique=True, max_size=6))
    def test_sets_in_any_order(self, items: list[Any]) -> None:
        assert digest_value(set(items)) == digest_value({*reversed(items)})


class TestLibraries:
    def test_numpy(self) -> None:
        np = pytest.importorskip("numpy")
        array = np.arange(6.0).reshape(2, 3)
        assert digest_value(array) == digest_value(np.asfortranarray(array))
        assert digest_value(array) == digest_value(np.repeat(array, 2, axis=0)[::2])
        variants = [
            array, array.T, array.ravel(), array.astype("f4"), array.astype(">f8"), array + 1, array.astype(object),
            array[0, 0], np.float32(0), np.int8(0), np.dtype("f4"), np.dtype([("a", "f4")]),
            np.zeros(2, [("a", "i1"), ("b", "f8")]), np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
            np.array(["a", None], dtype=object), np.array(["ab"]), np.datetime64("2024-01-01"),
            np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0]), np.random.default_rng(1),
            np.random.default_rng(2), np.add, np.mean, np.array(["a"], dtype=np.dtypes.StringDType()),
        ]  # fmt: skip
        assert len({digest_value(value) for value in variants}) == len(variants)
        assert digest_value(np.array(["a" * 50], dtype=np.dtypes.StringDType())) == digest_value(
            np.array(["a" * 50], dtype=np.dtypes.StringDType())
        )

    def test_numpy_is_not_imported(self) -> None:
        script = "import sys, pivot_fingerprint.live as l; l.capture(len); print('numpy' in sys.modules)"
        shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert shown.stdout.strip() == "False"

    def test_pandas(self) -> None:
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"])})
        assert digest_value(frame) == digest_value(frame.copy(deep=True))
        variants = [
            frame, frame.rename(columns={"a": "z"}), frame.assign(a=[1, 3]), frame.iloc[::-1], frame["a"], frame.index,
            pd.Timestamp("2024"), pd.Timestamp("2024", tz="UTC"), pd.Timedelta(1), pd.Series([1.5], name="n"),
            pd.Series([1.5]),
        ]  # fmt: skip
        assert len({digest_value(value) for value in variants}) == len(variants)

    def test_models(self) -> None:
        pydantic = pytest.importorskip("pydantic")
        attr = pytest.importorskip("attr")

        class Params(pydantic.BaseModel):  # optional in the tests
            rate: float = 0.1
            names: frozenset[str] = frozenset({"a", "b"})

        @attr.define
        class Box:
            a: int

        assert digest_value(Params()) == digest_value(Params())
        assert digest_value(Params(rate=1)) != digest_value(Params(rate=2))
        assert digest_value(Box(1)) == digest_value(Box(1))
        assert digest_value(Box(1)) != digest_value(Box(2))
