import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.errors import DeclarationError
from pivot.params_file import ParamsFile, read_params_file


def read(tmp_path: Path, text: str | bytes) -> ParamsFile | None:
    path = tmp_path / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_params_file(str(path))


def test_no_file_is_no_parameters(tmp_path: Path) -> None:
    assert read_params_file(str(tmp_path / "params.yaml")) is None


def test_values_and_their_lines(tmp_path: Path) -> None:
    found = read(tmp_path, "# rates\ntrain@small:\n  rate: 0.5\n  layers:\n  - 8\n  - 9\n\nclean:\n")
    assert found is not None
    assert found.values == {"train@small": {"rate": 0.5, "layers": [8, 9]}, "clean": {}}
    assert found.line(("train@small",)) == 2
    assert found.line(("train@small", "rate")) == 3
    assert found.line(("train@small", "layers", 1)) == 6
    assert found.line(("train@small", "unknown", "deep")) == 2
    assert found.line(("clean",)) == 8


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, "# nothing yet\n")
    assert found is not None
    assert found.values == {}
    assert found.line(("train",)) == 1


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "-2.5e10", "+1e3", "1.e2"])
def test_numbers_with_exponents_are_numbers(text: str, tmp_path: Path) -> None:
    found = read(tmp_path, f"train:\n  rate: {text}\n")
    assert found is not None
    assert found.values["train"]["rate"] == float(text)
    assert type(found.values["train"]["rate"]) is float


def test_text_that_looks_a_little_like_a_number_stays_text(tmp_path: Path) -> None:
    found = read(tmp_path, "train:\n  commit: 1e3f\n  name: e5\n")
    assert found is not None
    assert found.values["train"] == {"commit": "1e3f", "name": "e5"}


def test_merge_keys_are_kept(tmp_path: Path) -> None:
    found = read(tmp_path, "a: &base\n  rate: 1\nb:\n  <<: *base\n  depth: 2\n")
    assert found is not None
    assert found.values["b"] == {"rate": 1, "depth": 2}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("train:\n  rate: [1\n", 3, "params.yaml is not YAML"),
        ("a: 1\n\tb: 2\n", 2, "params.yaml is not YAML"),
        ("- train\n", 1, "params.yaml does not begin with the name of a stage"),
        ("train: 0.5\n", 1, "the parameters of a stage must be names with values"),
        ("clean: {}\ntrain:\n  1: x\n", 2, "the parameters of a stage must be names with values"),
        ("clean: {}\n2024:\n  rate: 1\n", 2, "2024 is not the name of a stage"),
        ("train:\n  rate: 1\n  rate: 2\n", 3, "train.rate is given twice, in lines 2 and 3"),
        ("train:\n  rate: 1\nclean:\ntrain:\n", 4, "train is given twice, in lines 1 and 4"),
        ("train:\n  o: !!python/object:os.system {}\n", 2, "params.yaml is not YAML"),
        (b"train:\n  name: \xff\n", 2, "params.yaml is not UTF-8 text"),
    ],
)
def test_mistakes_have_their_line(text: str | bytes, line: int, problem: str, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as caught:
        read(tmp_path, text)
    assert caught.value.problem.startswith(problem)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "params.yaml"), line)


def test_a_directory_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").mkdir()
    with pytest.raises(DeclarationError, match=r"cannot be read: .* is no file"):
        read_params_file(str(tmp_path / "params.yaml"))


def test_a_fifo_of_that_name_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "params.yaml")
    with pytest.raises(DeclarationError, match="is no file"):
        read_params_file(str(tmp_path / "params.yaml"))


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("train:\n  rate: 1\n")
    (tmp_path / "params.yaml").symlink_to("shared.yaml")
    found = read_params_file(str(tmp_path / "params.yaml"))
    assert found is not None and found.values == {"train": {"rate": 1}}


LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 8)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("train:\n  rate: " + "[" * 5000 + "]" * 5000, "64 deep", id="deeper than Python recurses"),
        pytest.param("train:\n  rate: " + "[" * 80 + "]" * 80, "64 deep", id="deep"),
        pytest.param("train: &all\n  rate: *all\n", "64 deep", id="inside itself"),
        pytest.param("train: &all\n  <<: *all\n", "64 deep", id="merged into itself"),
        pytest.param(LAUGHS, "more than 100,000 values", id="aliases of aliases"),
        pytest.param("train:\n  rate: " + "9" * 5000, "a value that is none of its type", id="an endless number"),
        pytest.param("train:\n  rate: !!timestamp x", "a value that is none of its type", id="no date"),
        pytest.param("train:\n  rate: !!bool x", "a value that is none of its type", id="no truth value"),
        pytest.param("#" + "x" * (1 << 20), "larger than 1 MiB", id="large"),
    ],
)
def test_what_would_take_all_time_or_memory_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=problem):
        read(tmp_path, text)


TAGS = [f"!!{tag} " for tag in ("int", "float", "bool", "timestamp", "binary", "set", "str", "omap", "pairs")]
WORDS = ["train:", "  rate: ", "  ", "&a", "*a", "<<: *a", "0x", "1:2", "-1e5", ".nan", "---", "2020-13-45", "\\ud800"]
PIECES = st.sampled_from([*TAGS, *WORDS, *"-[]{},:?1~|>%=_é'\"\n\t\0"])


@given(st.one_of(st.lists(PIECES, max_size=30).map("".join).map(str.encode), st.binary(max_size=60)))
def test_no_text_makes_the_reader_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    with suppress(DeclarationError):
        read_params_file(str(path))
