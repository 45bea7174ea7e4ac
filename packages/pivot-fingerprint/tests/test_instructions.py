"""Functions of the same name are told apart by what they do, not by how they are laid out."""

import itertools
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest

from pivot_fingerprint.instructions import code_digest, is_ambiguous
from pivot_fingerprint.preimage import hash_pieces

type Codes = dict[str, list[CodeType]]
type Read = Callable[[str], Codes]


def digest(code: CodeType) -> bytes:
    return code_digest(code, lambda constant: hash_pieces(type(constant).__name__, repr(constant).encode()))


def inside(code: CodeType) -> list[CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [*inner, *itertools.chain.from_iterable(map(inside, inner))]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Compile source as a file of its own; gives the code objects by qualified name."""
    numbers = itertools.count()

    def read_source(source: str) -> Codes:
        path = tmp_path / f"source_{next(numbers)}.py"
        path.write_text(source)
        found: Codes = {}
        for code in inside(compile(source, str(path), "exec", dont_inherit=True)):
            found.setdefault(code.co_qualname, []).append(code)
        return found

    return read_source


class TestAmbiguity:
    @pytest.mark.parametrize(
        ("source", "name", "expected"),
        [
            ("def f(): ...", "f", False),
            ("def f(): ...\ndef f(): ...", "f", False),  # the second one stands
            ("class C:\n def f(self): ...", "C.f", False),
            ("f = lambda: 1", "<lambda>", True),
            ("class C:\n f = lambda: 1", "C.<lambda>", True),
            ("def make():\n def f(): ...", "make.<locals>.f", False),
            ("def make():\n if 1:\n  def f(): ...\n else:\n  def f(): ...", "make.<locals>.f", False),  # one is dead
            ("def make(x):\n if x:\n  def f(): ...\n else:\n  def f(): ...", "make.<locals>.f", True),
            ("def make():\n f = lambda: 1", "make.<locals>.<lambda>", True),
            ("f = lambda: (i for i in ())", "<lambda>.<locals>.<genexpr>", True),
        ],
    )
    def test_by_name(self, read: Read, source: str, name: str, expected: bool) -> None:
        assert is_ambiguous(read(source)[name][0]) is expected

    def test_source_that_is_gone(self, read: Read) -> None:
        codes = read("def make():\n def f(): ...\ndef g(): ...")
        Path(codes["g"][0].co_filename).unlink()
        assert is_ambiguous(codes["make.<locals>.f"][0])
        assert not is_ambiguous(codes["g"][0])


class TestDigest:
    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ("lambda x: x + 1", "lambda x: (\n    x\n    + 1  # more\n)"),
            ("lambda x: [i for i in x if i]", "lambda x: [\n    i\n    for i in x\n    if i\n]"),
            ("lambda x, y: x and y or x", "lambda x, y: (x\n    and y\n    or x)"),
            ("lambda: {'a': 1, 'b': 2}", "lambda: {\n    'a': 1,\n    'b': 2,\n}"),
            ("lambda s: f'{s}!'", "lambda s: (\n    f'{s}!'\n)"),
            ("lambda a: (lambda b: a)", "lambda a: (\n    lambda b: a\n)"),
            ("lambda a, b: a.f(b, key=a)", "lambda a, b: (\n    a\n    .f(\n        b,\n        key=a,\n    )\n)"),
        ],
    )
    def test_layout_does_not_count(self, read: Read, one: str, two: str) -> None:
        before, after = (read(f"f = {source}\n")["<lambda>"][0] for source in (one, two))
        assert digest(before) == digest(after)

    def test_docstrings_do_not_count(self, read: Read) -> None:
        plain = read("def f(x): return 'a'\nclass C:\n def g(self): pass\n")
        documented = read("def f(x):\n 'doc'\n return 'a'\nclass C:\n 'doc'\n def g(self): 'doc'\n")
        for name in ("f", "C", "C.g"):
            assert digest(plain[name][0]) == digest(documented[name][0])

    def test_what_is_different_differs(self, read: Read) -> None:
        sources = [
            "lambda x: x", "lambda y: y", "lambda x, y: x", "lambda x, y: y", "lambda *x: x", "lambda **x: x",
            "lambda x, /: x", "lambda *, x: x", "lambda x: x + 1", "lambda x: x + 2", "lambda x: x - 1",
            "lambda x: x + 1.0", "lambda x: x + True", "lambda x: x.a", "lambda x: x.b", "lambda x: a", "lambda x: b",
            "lambda x: x < 1", "lambda x: x > 1", "lambda x: x if a else b", "lambda x: a if x else b",
            "lambda x: (lambda: x)", "lambda x: (lambda: a)", "lambda x: (lambda y: x)", "lambda x: (yield x)",
            "lambda x: [i for i in x]", "lambda x: (i for i in x)", "lambda x: f(x)", "lambda x: f(x=x)",
            "lambda x: x and a", "lambda x: x or a",
        ]  # fmt: skip
        digests = {digest(read(f"f = {source}\n")["<lambda>"][0]): source for source in sources}
        assert sorted(digests.values()) == sorted(sources)

    def test_places_of_jumps_count(self, read: Read) -> None:
        one = read("def f(x):\n if x:\n  a()\n b()\n c()\n")
        two = read("def f(x):\n if x:\n  a()\n  b()\n c()\n")
        assert digest(one["f"][0]) != digest(two["f"][0])

    def test_line_of_a_class_does_not_count(self, read: Read) -> None:
        source = "def f(a):\n class C: b = {}\n return C\n"
        plain, moved, other = (
            read(text) for text in (source.format(1), "def g(): ...\n" + source.format(1), source.format(2))
        )
        assert digest(plain["f"][0]) == digest(moved["f"][0])
        assert digest(plain["f"][0]) != digest(other["f"][0])

    def test_twins_of_one_factory(self, read: Read) -> None:
        source = "def make(x):\n if x:\n  def f(): return {}\n else:\n  def f(): return {}\n"
        one, two = read(source.format(1, 2))["make.<locals>.f"]
        assert digest(one) != digest(two)
        one, two = read(source.format(1, 1))["make.<locals>.f"]
        assert digest(one) == digest(two)

    def test_without_the_source(self, read: Read) -> None:
        one, two = (read(f"f = lambda x: x + {number}\n")["<lambda>"][0] for number in (1, 2))
        for code in (one, two):
            Path(code.co_filename).unlink()
        assert digest(one) == digest(one)
        assert digest(one) != digest(two)

    @pytest.mark.parametrize("broken", ["def (:\n", "x = '\0'\n"])
    def test_source_that_was_broken_meanwhile(self, read: Read, broken: str) -> None:
        (code,) = read("f = lambda x: x\n")["<lambda>"]
        Path(code.co_filename).write_text(broken)
        assert digest(code) == digest(code)
        assert is_ambiguous(code)

    def test_file_is_read_again_after_an_edit(self, read: Read) -> None:
        (code,) = read("def make():\n def f(): ...\n")["make.<locals>.f"]
        assert not is_ambiguous(code)
        Path(code.co_filename).write_text("def make(x):\n if x:\n  def f(): ...\n else:\n  def f(): ...\n")
        assert is_ambiguous(code)


class TestEqualFunctions:
    """Of two code objects that are equal the compiler makes one; with all positions removed, more are equal."""

    @pytest.mark.parametrize(
        "source",
        [
            "a = lambda x: x + 1\nb = lambda x: x + 1\nc = lambda x: x + 2\n",
            "a = [lambda x: x + 1, lambda x: x + 1, lambda x: x + 2]\n",
            "def make():\n a = lambda x: x + 1\n return a, lambda x: x + 1, lambda x: x + 2\n",
            "class C:\n a = lambda x: x + 1\n b = lambda x: x + 1\n c = lambda x: x + 2\n",
            "def a(f=lambda x: x + 1): ...\ndef b(f=lambda x: x + 1): ...\nc = lambda x: x + 2\n",
        ],
    )
    def test_lambdas_at_different_places(self, read: Read, source: str) -> None:
        codes = read(source)
        (name,) = (name for name in codes if name.endswith("<lambda>"))
        one, same, other = codes[name]
        assert digest(one) == digest(same)
        assert digest(one) != digest(other)
        (alone,) = read("f = (\n  lambda x:\n    x + 1)\n")["<lambda>"]
        assert digest(alone) == digest(one), "not found without its layout"

    @pytest.mark.parametrize(
        "source",
        [
            "a = (i for i in x), (i for i in x)\n",
            "def f[T: int](x: T): ...\ndef g[T: int](x: T): ...\n",
            "type A[T] = list[T]\ntype A[T] = list[T]\n",
            "def f():\n try: ...\n finally: (lambda: 1), (lambda: 1)\n",  # compiled twice, kept once
            "a = [(lambda: 1) for _ in x], [(lambda: 1) for _ in x]\n",
        ],
    )
    def test_every_kind_of_scope(self, read: Read, source: str) -> None:
        for codes in read(source).values():
            assert len({digest(code) for code in codes}) == 1
