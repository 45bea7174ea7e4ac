"""A task's pipes and phases."""

import math
import os
from pathlib import Path

import pytest

from pivot.execute.executor import WorkOrder
from pivot.execute.task import Task


@pytest.fixture
def ends(tmp_path: Path) -> tuple[Task, int, int]:
    """A task with the writing ends of its pipes."""
    output, text = os.pipe()
    reports, sink = os.pipe()
    os.set_blocking(output, False)
    os.set_blocking(reports, False)
    order = WorkOrder("s", "/p", "/p/pipeline.py", (), (), None, str(tmp_path / "s.log"), timeout=5.0)
    return Task(1, order, 2**22, output, reports), text, sink


def test_what_is_printed_goes_to_the_log_as_it_is_read(ends: tuple[Task, int, int], tmp_path: Path) -> None:
    task, text, sink = ends
    assert task.read_output() is None
    os.write(text, b"hello")
    assert task.read_output() == b"hello"
    os.close(text)
    assert task.read_output() == b""
    os.close(sink)
    task.close()
    assert (tmp_path / "s.log").read_bytes() == b"hello"


def test_a_report_is_gathered_piece_by_piece(ends: tuple[Task, int, int]) -> None:
    task, text, sink = ends
    for piece in (b"ab", b"cd"):
        os.write(sink, piece)
        assert task.read_report() == piece
    assert task.read_report() is None
    os.close(sink)
    assert task.read_report() == b""
    assert task.report == b"abcd"
    os.close(text)
    task.close()


def test_a_phase_has_its_time(ends: tuple[Task, int, int]) -> None:
    task, text, sink = ends
    assert task.phase == "running" and task.due == task.began + 5.0
    task.enter("killed", 2.0)
    assert task.phase == "killed" and task.began + 2.0 <= task.due < math.inf
    assert {task.output, task.reports} < set(task.descriptors())
    for one in (text, sink):
        os.close(one)
    task.close()


def test_without_a_timeout_a_task_is_never_due(tmp_path: Path) -> None:
    output, text = os.pipe()
    reports, sink = os.pipe()
    order = WorkOrder("s", "/p", "/p/pipeline.py", (), (), None, str(tmp_path / "s.log"))
    task = Task(1, order, 2**22, output, reports)
    assert task.due == math.inf
    task.close()
    for one in (text, sink):
        os.close(one)
