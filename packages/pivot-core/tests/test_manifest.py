"""The manifest as bytes."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pivot.grounds import Ground
from pivot.manifest import DepSpec, LoaderSpec, Manifest, OutSpec, StageSpec, decode, encode
from pivot_fingerprint import Entry, ImportRead

LOADER = LoaderSpec("mine:Loader", '{"sep": ";"}', (Entry("mine", "Loader", 3),))
STAGE = StageSpec(
    "train@small",
    "sub",
    "sub/pipeline.py",
    9,
    (Entry("pipeline", "train", 4),),
    (DepSpec("raw", "sub/raw/", LOADER),),
    (OutSpec("model", "sub/model.bin", "out", LOADER),),
    (("train.k", "ff"),),
    {"lr": 0.5, "layers": [1, 2]},
    ("gpu",),
)
MANIFEST = Manifest(
    "sub/pipeline.py",
    "demo",
    (STAGE,),
    ("pipeline",),
    ("numpy",),
    (ImportRead("env", "HOME", None, "pipeline", 2),),
    (Ground("source", "sub/pipeline.py", "aa"),),
)


def test_what_is_written_is_read() -> None:
    assert decode(encode(MANIFEST)) == MANIFEST


def test_another_format_or_garbage_is_no_manifest() -> None:
    assert decode(b"[0, []]") is None
    assert decode(b"{}") is None
    assert decode(b"\x00") is None
    assert decode(encode(MANIFEST)[:-9]) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=14) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(st.integers(0, 8), JSON)
def test_no_manifest_makes_a_reader_fail(field: int, value: Any) -> None:
    """Each field in turn is something else."""
    version, row = orjson.loads(encode(MANIFEST))
    row[field] = value
    decode(orjson.dumps([version, row]))
    decode(orjson.dumps([version, value]))
    decode(orjson.dumps(value))


def test_a_stage_is_found_by_name() -> None:
    assert MANIFEST.stage("train@small") is STAGE
