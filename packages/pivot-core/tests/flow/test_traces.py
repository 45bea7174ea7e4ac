"""Constructive traces: which state was computed before."""

from pivot_fingerprint import Observed


def test_states_that_differ_only_in_what_runs_showed_are_told_apart(bench) -> None:
    extra = bench.root / "extra.txt"
    bench.observed["total"] = Observed(reads=(str(extra),))
    for text in ("one", "two", "three"):
        extra.write_text(text)
        bench.writes = lambda order, text=text: f"{order.stage} {text if order.stage == 'total' else ''}"
        assert bench.repro().actions["total"] == "run"
    for text in ("one", "three", "two"):
        extra.write_text(text)
        assert bench.repro().actions == {"clean": "skip", "total": "restore"}
        assert (bench.root / "total.json").read_text() == f"total {text}"


def test_without_its_bytes_a_trace_is_worth_nothing(bench) -> None:
    bench.repro()
    (bench.root / "clean.json").unlink()
    for path in (bench.root / ".pivot/cache/objects").rglob("*"):
        if path.is_file():
            path.unlink()
    assert bench.repro().actions["clean"] == "run"


def test_garbage_is_a_miss(bench) -> None:
    bench.repro()
    for path in (bench.root / ".pivot/cache/runs").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"[{}]")
    (bench.root / ".pivot/stages/clean.lock").unlink()
    assert bench.repro().actions["clean"] == "run"


def test_a_lost_lock_is_found_again(bench) -> None:
    bench.repro()
    (bench.root / ".pivot/stages/clean.lock").unlink()
    assert bench.repro().actions == {"clean": "restore", "total": "skip"}
