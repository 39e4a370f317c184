"""jedi, asked late: what it knows is taken in, what it does not know or takes too long over is left alone."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from awaitlens.engine import check_texts, findings
from awaitlens.program.oracle import Answer, Oracle, Question, answers, learn, questions

TEXT = '''\
import subprocess


def make():
    """Start one.

    :rtype: subprocess.Popen
    """


async def run(unknown):
    make().wait()
    unknown.wait()
    subprocess.run([])


def sync(unknown):
    make().wait()
'''


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[Oracle]:
    oracle = Oracle(str(tmp_path))
    yield oracle
    oracle.close()


def test_only_what_nobody_could_resolve_in_async_functions_is_asked(tmp_path: Path) -> None:
    program = check_texts({"/shop/jobs.py": TEXT}).program
    asked = questions("/shop/jobs.py", program)
    assert [(q.line, q.column) for q in asked] == [(11, 14), (12, 15)]
    assert questions("/shop/nowhere.py", program) == ()


def test_what_jedi_knows_becomes_a_finding(oracle: Oracle, tmp_path: Path) -> None:
    path = str(tmp_path / "jobs.py")
    program = check_texts({path: TEXT}).program
    before = [f.message for f in findings(program, path)]
    asked = questions(path, program)
    told = oracle.ask(path, TEXT, asked, 60)
    assert [answer and answer.name for answer in told.values()] == ["subprocess.Popen.wait", None]
    epoch = program.epoch
    assert learn(path, told, program) and program.epoch > epoch
    [new] = [f for f in findings(program, path) if f.message not in before]
    assert new.message.startswith("make().wait() blocks") and new.confidence != "certain"
    assert questions(path, program) == ()


def test_an_answer_may_lead_to_a_function_of_the_program() -> None:
    files = {
        "/shop/jobs.py": "async def run(x):\n    x.save()\n",
        "/shop/models.py": "class Model:\n    async def save(self): ...\n",
    }
    program = check_texts(files).program
    [asked] = questions("/shop/jobs.py", program)
    learn("/shop/jobs.py", {asked: Answer("models.Model.save", "/shop/models.py")}, program)
    assert [f.pitfall for f in findings(program, "/shop/jobs.py")] == ["unawaited-call"]


def test_nothing_learned_is_nothing_new() -> None:
    program = check_texts({"/shop/jobs.py": TEXT}).program
    epoch = program.epoch
    asked = questions("/shop/jobs.py", program)
    assert not learn("/shop/jobs.py", dict.fromkeys(asked), program)
    assert program.epoch == epoch and questions("/shop/jobs.py", program) == ()


def test_one_that_dallies_is_ended_and_starts_anew(oracle: Oracle, tmp_path: Path) -> None:
    path = str(tmp_path / "jobs.py")
    asked = questions(path, check_texts({path: TEXT}).program)
    assert oracle.ask(path, TEXT, asked, 0.0) == dict.fromkeys(asked)
    assert oracle.ask(path, TEXT, asked[:1], 60)[asked[0]] is not None


def test_the_users_code_is_not_run(oracle: Oracle, tmp_path: Path) -> None:
    text = "import evil\n\n\nasync def f():\n    evil.act().go()\n"
    (tmp_path / "evil.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w')\nclass A:\n    def go(self): ...\ndef act(): return A()\n"
    )
    (tmp_path / "json.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    path = str(tmp_path / "jobs.py")
    asked = Question("", 0, 4, 16)
    assert oracle.ask(path, text, [asked], 60)[asked] == Answer("evil.A.go", str(tmp_path / "evil.py"))
    assert not (tmp_path / "ran").exists()


class _Script:
    """A script whose jedi finds a half-written file as often as `failures` says."""

    def __init__(self, failures: list[Exception]) -> None:
        self._failures = failures

    def goto(self, line: int, column: int, follow_imports: bool) -> list[SimpleNamespace]:
        if self._failures:
            raise self._failures.pop()
        return [SimpleNamespace(type="function", full_name=f"m.f{line}", module_path="/m.py")]


def test_a_cache_that_another_process_is_writing_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missed alarm: two editors at once, and the one that came second knew nothing."""
    monkeypatch.setattr("awaitlens.program.oracle._PAUSE", 0)
    failures: list[Exception] = [EOFError(), pickle.UnpicklingError("pickle data was truncated")]
    told = list(answers(lambda: _Script(failures), [(0, 0), (1, 0)]))
    assert told == [("m.f1", "/m.py"), ("m.f2", "/m.py")]


def test_code_that_jedi_fails_over_is_not_asked_about_again() -> None:
    failures: list[Exception] = [RecursionError(), RecursionError()]
    assert list(answers(lambda: _Script(failures), [(0, 0)])) == [None]
    assert len(failures) == 1
