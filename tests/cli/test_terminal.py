"""What is written to a terminal, and when."""

from __future__ import annotations

import io

import pytest

from awaitlens.pitfalls import pitfalls
from awaitlens.present.styled import plain
from awaitlens.present.terminal import ProgressBar, columns_of, is_coloured, rules_lines


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_when_there_is_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_coloured(Terminal())
    assert not is_coloured(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not is_coloured(Terminal())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert is_coloured(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not is_coloured(Terminal())


def progress(stream: io.StringIO, *times: float) -> str:
    clock = iter(times)
    with ProgressBar(stream, lambda: next(clock, times[-1])) as bar:
        for done in range(1, len(times)):
            bar("reading", done, 40)
    return stream.getvalue()


def test_a_bar_appears_only_when_it_takes_long() -> None:
    assert progress(Terminal(), 0, 0.1, 0.2) == ""
    assert "2/40" in progress(Terminal(), 0, 0.1, 2.0)


def test_no_bar_where_nobody_looks() -> None:
    assert progress(io.StringIO(), 0, 5, 6) == ""


@pytest.mark.parametrize("columns", [80, 120])
def test_the_list_of_pitfalls_does_not_run_over_the_edge_of_a_terminal(columns: int) -> None:
    lines = plain(rules_lines(pitfalls(), columns)).splitlines()
    assert [line for line in lines if len(line) > columns and line.startswith("  ") and line[2] != " "] == []


def test_a_pipe_gets_one_line_a_pitfall() -> None:
    lines = plain(rules_lines(pitfalls(), columns_of(io.StringIO()))).splitlines()
    assert sum(line.startswith("  ") for line in lines) == len(pitfalls())
