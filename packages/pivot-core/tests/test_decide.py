"""The heart, in memory: every reason, each alone, and what is done about it."""

import pytest

from pivot.decide import decide
from pivot.lock import Lock, Output
from pivot.manifest import DepSpec, LoaderSpec, OutSpec, StageSpec
from pivot.observation import Observation, run_key
from pivot.reasons import (
    CodeChanged,
    DeclarationChanged,
    EnvironmentChanged,
    Forced,
    InputChanged,
    NeverRun,
    OutputEdited,
    OutputMissing,
    PackageChanged,
    ParameterChanged,
    Reason,
    SchemeChanged,
    UpstreamRuns,
)
from pivot.record import Damaged
from pivot_cache import Content, hash_bytes
from pivot_fingerprint import SCHEME, Fingerprint, Part

LOADER = LoaderSpec("pivot.loaders:JSON", "{}")


def file(text: str) -> Content:
    return Content("file", hash_bytes(text.encode()), len(text))


def digest(text: str) -> str:
    return hash_bytes(text.encode())


def code(text: str, numpy: str = "2.0") -> Fingerprint:
    return Fingerprint((Part("func", "m", "f", digest(text), "/p/m.py", 4),), (("numpy", numpy), ("python", "3.13")))


STAGE = StageSpec(
    "train",
    ".",
    "pipeline.py",
    1,
    (),
    (DepSpec("raw", "raw.json", LOADER),),
    (OutSpec("", "out.json", "out", LOADER),),
    params={"lr": 1, "model": {"depth": 3}},
)
NOW = Observation(
    STAGE,
    code("v1"),
    code("v1"),
    (),
    {"raw.json": file("raw")},
    {"x.txt": "1"},
    {"HOME": "h"},
    {"out.json": file("out")},
)
LOCK = Lock(
    "train",
    SCHEME,
    {"func:m:f": digest("v1")},
    (),
    {"numpy": "2.0", "python": "3.13"},
    {"lr": 1, "model": {"depth": 3}},
    {"raw.json": file("raw")},
    {"x.txt": "1"},
    {"HOME": "h"},
    {"out.json": Output(file("out"), "out")},
)


def only(now: Observation, lock: Lock | Damaged | None = LOCK) -> Reason:
    decision = decide(now, lock)
    assert decision.action == "run"
    (reason,) = decision.reasons
    return reason


def test_nothing_changed_is_a_skip_without_reasons() -> None:
    assert decide(NOW, LOCK) == ("train", "skip", ())


def test_no_record() -> None:
    assert only(NOW, None) == NeverRun(None)
    assert only(NOW, Damaged("cut off")) == NeverRun("cut off")


def test_forced_runs_even_when_the_result_is_known() -> None:
    assert decide(NOW, LOCK, forced=True, known=True) == ("train", "run", (Forced(),))


def test_another_scheme_says_nothing_about_the_code() -> None:
    assert only(NOW, LOCK._replace(scheme=SCHEME + 1, parts={})) == SchemeChanged(SCHEME + 1, SCHEME)


def test_code_with_its_place() -> None:
    reason = only(NOW._replace(code=code("v2")))
    assert isinstance(reason, CodeChanged)
    (change,) = reason.changes
    assert change[1:] == ("func:f", digest("v1"), digest("v2"), "/p/m.py", 4)


def test_a_captured_value_is_code() -> None:
    reason = only(NOW._replace(live=(("live::f.threshold", "9"),)))
    assert isinstance(reason, CodeChanged) and reason.changes[0].label == "live:f.threshold"


def test_packages() -> None:
    assert only(NOW._replace(code=code("v1", numpy="2.1"))) == PackageChanged("numpy", "2.0", "2.1")


def test_parameters_by_their_own_name() -> None:
    params = {"lr": 1, "model": {"depth": 4}}
    assert only(NOW._replace(stage=STAGE._replace(params=params))) == ParameterChanged("model.depth", "3", "4")


@pytest.mark.parametrize(("now", "new"), [(file("other"), file("other").digest), (None, None)])
def test_inputs(now: Content | None, new: str | None) -> None:
    assert only(NOW.with_inputs({"raw.json": now})) == InputChanged("raw.json", file("raw").digest, new)


def test_an_input_declared_since_is_new() -> None:
    now = NOW.with_inputs({"raw.json": file("raw"), "more.json": file("more")})
    assert only(now) == InputChanged("more.json", None, file("more").digest)


def test_an_undeclared_read() -> None:
    assert only(NOW._replace(reads={"x.txt": None})) == InputChanged("x.txt", "1", None, declared=False)


def test_the_environment() -> None:
    assert only(NOW._replace(env={"HOME": None})) == EnvironmentChanged("HOME", "h", None)


def test_outputs() -> None:
    assert only(NOW._replace(outputs={"out.json": None})) == OutputMissing("out.json")
    edited = file("edited")
    assert only(NOW._replace(outputs={"out.json": edited})) == OutputEdited(
        "out.json", file("out").digest, edited.digest
    )


def test_a_renamed_output_is_one_dropped_and_one_new() -> None:
    stage = STAGE._replace(outs=(OutSpec("", "new.json", "out", LOADER),))
    decision = decide(NOW._replace(stage=stage, outputs={"new.json": None}), LOCK)
    assert decision.reasons == (
        DeclarationChanged("new.json", None, "out"),
        DeclarationChanged("out.json", "out", None),
    )


def test_upstream_runs_leaves_open_what_a_missing_input_will_be() -> None:
    decision = decide(NOW.with_inputs({"raw.json": None}), LOCK, upstream=("clean",), known=True)
    assert decision == ("train", "run", (UpstreamRuns("clean"),))


def test_known_outputs_are_given_back() -> None:
    decision = decide(NOW._replace(code=code("v2")), LOCK, known=True)
    assert decision.action == "restore" and isinstance(decision.reasons[0], CodeChanged)


def test_reasons_come_in_the_documented_order() -> None:
    now = NOW._replace(code=code("v2", "2.1"), outputs={"out.json": None}, env={"HOME": "i"}).with_inputs(
        {"raw.json": None}
    )
    kinds = [type(reason) for reason in decide(now, LOCK, forced=True).reasons]
    assert kinds == [Forced, CodeChanged, PackageChanged, InputChanged, EnvironmentChanged, OutputMissing]


def test_the_run_key_follows_every_ingredient_and_nothing_else() -> None:
    keys = {
        run_key(NOW),
        run_key(NOW._replace(static=code("v2"))),
        run_key(NOW._replace(static=code("v1", "2.1"))),
        run_key(NOW.with_inputs({"raw.json": file("x")})),
        run_key(NOW._replace(stage=STAGE._replace(params={"lr": 2}))),
        run_key(NOW._replace(live=(("live::a", "1"),))),
        run_key(NOW._replace(stage=STAGE._replace(outs=(OutSpec("", "o2.json", "out", LOADER),)))),
    }
    assert len(keys) == 7
    assert run_key(NOW._replace(outputs={}, env={}, reads={}, code=code("v9"))) == run_key(NOW)
