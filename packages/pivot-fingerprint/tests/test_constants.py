"""What values are made of: what cannot be changed, containers made here, and everything else."""

import ast

import pytest

from pivot_fingerprint.constants import is_value, made_of
from pivot_fingerprint.definitions import BUILT, COMPUTED
from pivot_fingerprint.doing import DefinitionReader
from pivot_fingerprint.reading import Module

IMPORTS = {
    "math": "!0:math:",
    "logging": "!0:logging:",
    "np": "!0:numpy:",
    "Path": "!0:pathlib:Path",
    "namedtuple": "!0:collections:namedtuple",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BASE * 2 + 1", COMPUTED),
        ("math.sqrt(BASE)", COMPUTED),
        ("Path(__file__).parent / 'data'", COMPUTED),
        ("Path(__file__).resolve().parent", COMPUTED),
        ("f'{NAME}.csv'", COMPUTED),
        ("(A, B) if C else ()", COMPUTED),
        ("' '.join(NAMES)", COMPUTED),
        ("logging.getLogger(__name__)", COMPUTED),
        ("[1, A, f]", BUILT),
        ("{'a': lambda x: x}", 0),
        ("{name: at for at, name in enumerate(NAMES)}", BUILT),
        ("sorted(NAMES)", BUILT),
        ("np.linspace(0, 1, N)", BUILT),
        ("([],)", BUILT),
        ("A", 0),
        ("module.NAME", 0),
        ("lambda x: x", 0),
        ("[] + NAMES", 0),
        ("namedtuple('P', 'x y')", 0),
        ("Model()", 0),
        ("[make()]", 0),
        ("np.random.rand(3)", 0),
        ("BASE.pop()", 0),
        ("(found := 1) + 1", 0),
    ],
)
def test_made_of(text: str, expected: int) -> None:
    reader = DefinitionReader(Module(IMPORTS, IMPORTS, open_=False))
    assert made_of(ast.parse(text, mode="eval").body, reader.canonical) == expected


def test_values_outside_the_project() -> None:
    assert all(map(is_value, ["math.pi", "pathlib.Path", "re.IGNORECASE", "builtins.len"]))
    assert not any(map(is_value, ["sys.argv", "os.environ", "numpy.array"]))
