from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pivot import reasons
from pivot.decide import decide
from pivot.lock import Lock, Output, decode, encode
from pivot.manifest import StageSpec
from pivot.observation import Observation
from pivot.plan import Step
from pivot_cache import Content, ObjectId
from pivot_cli.explain import explain
from pivot_cli.words import short
from pivot_fingerprint import Change, Fingerprint, Opaque, Part

type MakeStep = Callable[..., Step]

OLD, NEW = "5995c853" + "0" * 56, "a1b2c3d4" + "f" * 56
ROOT = Path("/p")
CHANGE = Change("func:src.utils:normalize", "func:normalize", OLD, NEW, "/p/src/utils.py", 15)
PART = Part("func", "src.utils", "normalize", NEW, "/p/src/utils.py", 15)
CODE = Fingerprint(
    (PART,),
    (),
    parents={"func:src.utils:normalize": "method:src.model:Model.fit", "method:src.model:Model.fit": "func:src:train"},
)


def text(step: Step, **options: object) -> str:
    return "\n".join(explain(step, ROOT, **options))


def test_edited_helper(make_step: MakeStep) -> None:
    assert text(make_step(reasons.CodeChanged((CHANGE,)), code=CODE)) == (
        "Stage: train\n"
        "  Status: WILL RUN\n"
        "  Reason: Code dependency changed\n"
        "\n"
        "  Changes:\n"
        "    func:normalize\n"
        "      Old: 5995c853\n"
        "      New: a1b2c3d4\n"
        "      File: src/utils.py:15\n"
        "      Path: train → Model.fit → normalize"
    )


def test_up_to_date(make_step: MakeStep) -> None:
    assert text(make_step()) == "Stage: train\n  Status: UP TO DATE"


def test_parts_that_came_and_went(make_step: MakeStep) -> None:
    gone = Change("const:src.utils:LIMIT", "const:LIMIT", OLD, None)
    shown = text(make_step(reasons.CodeChanged((CHANGE._replace(old=None), gone))))
    assert shown.endswith(
        "    func:normalize\n      Old: -\n      New: a1b2c3d4\n      File: src/utils.py:15\n"
        "    const:LIMIT\n      Old: 5995c853\n      New: -"
    )


def test_a_part_that_is_reached_directly_has_no_path(make_step: MakeStep) -> None:
    direct = CODE._replace(parents={"func:src.utils:normalize": "func:src:train"})
    step = make_step(reasons.CodeChanged((CHANGE,)), code=direct)
    assert text(step).endswith("      File: src/utils.py:15")


def test_a_part_outside_the_project_keeps_its_whole_path(make_step: MakeStep) -> None:
    change = CHANGE._replace(file="/elsewhere/shared.py")
    assert "      File: /elsewhere/shared.py:15" in text(make_step(reasons.CodeChanged((change,))))


def test_each_reason_once_and_all_that_changed(make_step: MakeStep) -> None:
    step = make_step(
        reasons.ParameterChanged("model.depth", "3", "5"),
        reasons.InputChanged("a.csv", OLD, NEW),
        reasons.InputChanged("b.csv", OLD, NEW),
    )
    assert text(step) == (
        "Stage: train\n"
        "  Status: WILL RUN\n"
        "  Reason: Parameter changed\n"
        "  Reason: Input changed\n"
        "\n"
        "  Changes:\n"
        "    param:model.depth\n      Old: 3\n      New: 5\n"
        "    input:a.csv\n      Old: 5995c853\n      New: a1b2c3d4\n"
        "    input:b.csv\n      Old: 5995c853\n      New: a1b2c3d4"
    )


def test_every_other_reason(make_step: MakeStep) -> None:
    content = Content("file", ObjectId(OLD), 3)
    lock = Lock("train", 1, {}, (), {}, None, {}, {}, {}, {"m.json": Output(content, "out")})
    changes = text(
        make_step(
            reasons.SchemeChanged(1, 2),
            reasons.PackageChanged("numpy", "1.0", "2.0"),
            reasons.InputChanged("x.csv", OLD, None, declared=False),
            reasons.InputChanged("fifo", OLD, ""),
            reasons.EnvironmentChanged("SEED", None, NEW),
            reasons.DeclarationChanged("m.json", "out", "metric"),
            reasons.OutputMissing("m.json"),
            reasons.OutputEdited("n.json", OLD, NEW),
            reasons.OutputEdited("pipe", OLD, ""),
            lock=lock,
        )
    ).partition("  Changes:\n")[2]
    assert changes == (
        "    scheme\n      Old: 1\n      New: 2\n"
        "    package:numpy\n      Old: 1.0\n      New: 2.0\n"
        "    input:x.csv\n      Old: 5995c853\n      New: -\n"
        "      Note: read without being declared; declare it as a pivot.Dep\n"
        "    input:fifo\n      Old: 5995c853\n      New: -\n"
        "      Note: what is there cannot be read: whoever is to read it says why\n"
        "    env:SEED\n      Old: -\n      New: a1b2c3d4\n"
        "    output:m.json\n      Old: out\n      New: metric\n"
        "    output:m.json\n      Old: 5995c853\n      New: -\n"
        "    output:n.json\n      Old: 5995c853\n      New: a1b2c3d4\n"
        "      Note: what is there is kept in the cache before it is replaced\n"
        "    output:pipe\n      Old: 5995c853\n      New: -\n"
        "      Note: what is there cannot be kept: remove it, then the run goes on"
    )


def test_reasons_without_details(make_step: MakeStep) -> None:
    assert text(make_step(reasons.NeverRun())) == "Stage: train\n  Status: WILL RUN\n  Reason: Never run"
    assert text(make_step(reasons.Forced())).endswith("  Reason: Forced")
    assert text(make_step(reasons.NeverRun("t.lock: wrong type"))).endswith("    lock\n      Note: t.lock: wrong type")


def test_what_was_not_there_while_a_module_was_imported(make_step: MakeStep) -> None:
    change = Change("env::MODE", "env:MODE", OLD, "missing")
    assert text(make_step(reasons.CodeChanged((change,)))).endswith("    env:MODE\n      Old: 5995c853\n      New: -")


def test_what_only_a_run_showed_says_so(make_step: MakeStep) -> None:
    code = CODE._replace(parents={"func:src.utils:normalize": "module:src.late:"})
    lock = Lock("train", 1, {}, ("src.late:",), {}, None, {}, {}, {}, {})
    assert text(make_step(reasons.CodeChanged((CHANGE,)), code=code, lock=lock)).endswith(
        "      Path: train → src.late → normalize\n"
        "      Note: only a run showed that the stage gets there, no name in the source does"
    )


def test_a_value_has_no_source_to_compare(make_step: MakeStep) -> None:
    change = Change("live::make.factor", "live:make.factor", OLD, NEW)
    shown = text(make_step(reasons.CodeChanged((change,))), sources=lambda _: (None, None))
    assert shown.endswith("      New: a1b2c3d4")


def test_the_same_source_with_another_meaning(make_step: MakeStep) -> None:
    shown = text(make_step(reasons.CodeChanged((CHANGE,)), code=CODE), sources=lambda _: ("x", "x"))
    assert shown.endswith("      (its own source is the same: a name in it stands for something else now)")


def test_upstream(make_step: MakeStep) -> None:
    assert text(make_step(reasons.UpstreamRuns("clean"))) == (
        "Stage: train\n"
        "  Status: MAY RUN\n"
        "  Reason: Upstream will run\n"
        "\n"
        "  Upstream:\n"
        "    clean\n"
        "      Note: if what it reads comes out the same, train does not run"
    )
    assert "Note" not in text(make_step(reasons.Forced(), reasons.UpstreamRuns("clean")))


def test_restore(make_step: MakeStep) -> None:
    assert "  Status: WILL RESTORE" in text(make_step(reasons.OutputMissing("m.json"), action="restore"))


def test_what_was_not_followed_is_named(make_step: MakeStep) -> None:
    code = CODE._replace(opaque=(Opaque("eval", "/p/src/utils.py", 12, PART.key),), ignored=(PART,))
    step = make_step(code=code, reads={"data/extra.csv": OLD})
    assert text(step) == (
        "Stage: train\n"
        "  Status: UP TO DATE\n"
        "\n"
        "  Not followed:\n"
        "    eval\n"
        "      File: src/utils.py:12\n"
        "\n"
        "  Read without being declared (tracked all the same; declare them as pivot.Dep):\n"
        "    data/extra.csv"
    )
    assert text(step, verbose=True).endswith("  Ignored on request:\n    func:normalize\n      File: src/utils.py:15")


def test_comments_that_only_look_like_an_ignoring_one(make_step: MakeStep, tmp_path: Path) -> None:
    file = tmp_path / "utils.py"
    code = CODE._replace(parts=(PART._replace(file=str(file)),))
    assert "Not ignored" not in text(make_step(code=code), verbose=True)
    file.write_text("A = 1  # pivot: ignore\nB = 2  # pivot ignore\n")
    assert "Not ignored" not in text(make_step(code=code))
    assert text(make_step(code=code), verbose=True).endswith(
        f"  Not ignored (only '# pivot: ignore' is):\n    # pivot ignore\n      File: {file}:2"
    )


def test_diff(make_step: MakeStep) -> None:
    step = make_step(reasons.CodeChanged((CHANGE,)))
    shown = text(step, sources=lambda _: ("def f(x):\n    return x\n", "def f(x):\n    return x + 1\n"))
    assert shown.partition("src/utils.py:15\n")[2] == (
        "\n"
        "      --- src/utils.py (recorded)\n"
        "      +++ src/utils.py (now)\n"
        "      @@ -1,2 +1,2 @@\n"
        "       def f(x):\n"
        "      -    return x\n"
        "      +    return x + 1"
    )


def test_diff_without_the_old_text(make_step: MakeStep) -> None:
    shown = text(make_step(reasons.CodeChanged((CHANGE,))), sources=lambda _: (None, "x = 1\n"))
    assert shown.endswith("      (the old source is not known here)")


texts = st.text(st.sampled_from("a:/. \n\x1b\u202eé") | st.characters(codec="utf-8"), max_size=8)
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | texts
data = st.recursive(values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
contents = st.builds(Content, st.just("file"), st.just(ObjectId(OLD)), st.integers(0, 9))
strange_locks = st.builds(
    Lock,
    st.just("train"),
    st.just(1) | st.integers(-9, 9),
    st.dictionaries(texts | texts.map(lambda text: f"func:{text}:{text}"), texts, max_size=3),
    st.lists(texts, max_size=2).map(tuple),
    st.dictionaries(texts, texts, max_size=2),
    st.none() | st.dictionaries(texts, data, max_size=2),
    st.dictionaries(texts, contents, max_size=2),
    st.dictionaries(texts, st.none() | texts, max_size=2),
    st.dictionaries(texts, st.none() | texts, max_size=2),
    st.dictionaries(texts, st.builds(Output, contents, st.just("out")), max_size=2),
    st.none() | texts,
)


@given(strange_locks)
def test_whatever_a_record_says_can_be_compared_and_shown(lock: Lock) -> None:
    """Nothing in it makes the decision fail, and nothing reaches the terminal as a control character."""
    try:
        lock = decode(encode(lock))
    except ValueError:
        return
    stage = StageSpec("train", ".", "pipeline.py", 1, (), (), ())
    now = Observation(stage, CODE, CODE, (), {}, {}, {}, {})
    decision = decide(now, lock)
    lines = [short(decision.reasons), *explain(Step(stage, now, lock, decision, None), ROOT)]
    assert all(line.isprintable() for line in lines)
