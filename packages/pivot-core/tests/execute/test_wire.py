"""Frames and reports arrive whole, however the bytes are cut."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.execute.executor import Failure
from pivot.execute.wire import Channel, Closed, Ending, Frame, Report, pack, read_report, unpack, write_report
from pivot_fingerprint import Entry, ImportRead, Observed

FRAMES = st.lists(
    st.builds(Frame, st.binary(min_size=1, max_size=1), st.integers(0, 2**32 - 1), st.binary(max_size=200)), max_size=8
)


def sent(frames: list[Frame]) -> bytes:
    """Return the bytes that a channel sends for some frames."""
    far, near = os.pipe()
    unused, other = os.pipe()
    channel = Channel(unused, near)
    for frame in frames:
        channel.send(*frame)
    assert channel.pending == 0
    channel.close()
    os.close(other)
    with os.fdopen(far, "rb") as file:
        return file.read()


@given(FRAMES, st.lists(st.integers(1, 60), min_size=1))
def test_frames_arrive_in_order_however_they_are_cut(frames: list[Frame], cuts: list[int]) -> None:
    data = sent(frames)
    near, far = os.pipe()
    unused, writer = os.pipe()
    channel = Channel(near, writer)
    received: list[Frame] = []
    turn = 0
    while data:
        cut = cuts[turn % len(cuts)]
        os.write(far, data[:cut])
        data, turn = data[cut:], turn + 1
        received += channel.receive()
    assert received == frames
    os.close(far)
    with pytest.raises(Closed):
        list(channel.receive())
    channel.close()
    os.close(unused)


def test_what_the_pipe_does_not_take_waits_and_nothing_blocks() -> None:
    far, near = os.pipe()
    unused, other = os.pipe()
    sender = Channel(unused, near)
    back, forth = os.pipe()
    receiver = Channel(far, forth)
    payload = os.urandom(1 << 20)
    sender.send(b"T", 1, payload)
    assert sender.pending > 0
    received: list[Frame] = []
    while sender.pending:
        received += receiver.receive()
        sender.flush()
    received += receiver.receive()
    assert received == [Frame(b"T", 1, payload)]
    for channel in (sender, receiver):
        channel.close()
    os.close(back)
    os.close(other)


def test_a_flood_is_received_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = os.pipe()
    channel = Channel(near, far)
    frame = sent([Frame(b"T", 1, b"x" * 1015)])
    assert len(frame) == 1024
    monkeypatch.setattr(os, "read", lambda _, size: frame * (size // 1024))  # there is always more
    assert sum(len(one.payload) for one in channel.receive()) < 1 << 20
    monkeypatch.undo()
    channel.close()


def test_sending_to_someone_who_is_gone_is_told() -> None:
    far, near = os.pipe()
    unused, other = os.pipe()
    os.close(far)
    with pytest.raises(Closed):
        Channel(unused, near).send(b"T", 1)
    for one in (near, unused, other):
        os.close(one)


REPORTS = [
    Report(None, 0.25),
    Report(Failure("raised", "ValueError: \udcff is no text", "raw", "a.py", 3, None, "Traceback\n"), 1.5),
    Report(
        None,
        2.0,
        Observed(
            functions=(Entry("m", "f", 3),),
            modules=(("m", "/m.py"),),
            reads=("/data/\udcff.csv", "/new\nline"),
            listings=("/data",),
            env=(("HOME", None), ("USER", "ab")),
            imports=(ImportRead("file", "/x", None, "m", 3),),
            sources=(("m", "/m.py"),),
            missing=("functions: taken",),
        ),
        (("/m.py", "ab" * 32),),
    ),
]


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_comes_back_as_it_was(report: Report) -> None:
    reader, writer = os.pipe()
    write_report(writer, report)
    data = os.read(reader, 1 << 16)
    os.close(reader)
    os.close(writer)
    assert read_report(data) == report
    for end in (0, 3, 4, len(data) - 1):
        assert read_report(data[:end]) is None
    assert read_report(data + b"x") is None


@given(st.integers(-(2**31), 2**31 - 1), st.sampled_from([b" ", b"C", b"T"]), st.floats(0, 1e9), st.binary())
def test_an_ending_comes_back_with_what_follows_it(status: int, why: bytes, seconds: float, rest: bytes) -> None:
    ending = Ending(status, why, seconds)
    assert Ending.unpack(ending.pack(rest)) == (ending, rest)


def test_json_keeps_what_orjson_would_lose() -> None:
    values = [float("inf"), "\udcff", 2**80]
    assert unpack(pack(values)) == values
