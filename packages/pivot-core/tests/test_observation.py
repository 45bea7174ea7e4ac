"""A stage as it is now, as values."""

from pivot.manifest import DepSpec, LoaderSpec, OutSpec, StageSpec
from pivot.observation import Observation, code_changes, live_parts
from pivot_fingerprint import Fingerprint, Opaque, Part

JSON, TEXT = LoaderSpec("pivot.loaders:JSON", "{}"), LoaderSpec("pivot.loaders:Text", "{}")
CAPTURED = Opaque("a value of type Socket", "/p/pipeline.py", 3, "live::s")
STAGE = StageSpec(
    "s",
    ".",
    "pipeline.py",
    1,
    (),
    (DepSpec("raw", "raw.json", JSON),),
    (OutSpec("", "out.txt", "out", TEXT),),
    live=(("pipeline.s.factor", "ff"),),
    opaque=(CAPTURED,),
)
PART = Part("func", "m", "f", "a" * 64, "/p/m.py", 4)
EVAL = Opaque("eval", "/p/m.py", 5, "func:m:f")
CODE = Fingerprint((PART,), (("python", "3.13"),), (EVAL,))
NOW = Observation(STAGE, CODE, CODE, live_parts(STAGE), {}, {}, {}, {})


def test_captured_values_and_loaders_are_parts_with_keys_of_their_own() -> None:
    assert [key for key, _ in NOW.live] == ["live::pipeline.s.factor", "loader::raw", "loader::return"]
    assert NOW.parts.keys() == {"func:m:f", *(key for key, _ in NOW.live)}


def test_a_setting_of_a_loader_is_code() -> None:
    other = STAGE._replace(deps=(DepSpec("raw", "raw.json", LoaderSpec("pivot.loaders:JSON", '{"indent":2}')),))
    (change,) = code_changes(NOW.parts, NOW._replace(live=live_parts(other)))
    assert change.label == "loader:raw" and change.old != change.new


def test_what_could_not_be_followed_is_named_wherever_it_is() -> None:
    assert NOW.opaque == (EVAL, CAPTURED)


def test_other_inputs_leave_the_rest() -> None:
    assert NOW.with_inputs({"raw.json": None}) == NOW._replace(inputs={"raw.json": None})
