"""The scripts that prove a race: each fails as it is written, and ends in peace once its small program is repaired."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from typing import NamedTuple

import pytest

from awaitlens import engine
from awaitlens.pitfalls import pitfalls
from awaitlens.present.proof import script
from awaitlens.settings import Settings

RACES = (
    "stale-write-after-await",
    "augmented-await",
    "check-then-await",
    "split-critical-section",
    "iterate-shared-across-await",
    "await-check-then-await-act",
    "stale-row-saved",
    "checked-then-reset",
    "cleared-before-await",
    "overwritten-before-use",
    "two-readers-of-one-stream",
)
"""The pitfalls whose findings come with an order of two tasks."""


class Run(NamedTuple):
    status: int
    output: str


def run(text: str) -> Run:
    """The script in a process of its own, which sees nothing of this project."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", text], capture_output=True, text=True, timeout=60, check=False
    )
    return Run(done.returncode, done.stdout + done.stderr)


def scripts(text: str, select: frozenset[str]) -> list[str]:
    checked = engine.check_texts({"/code/shop.py": text}, Settings(select=select, show_possible=True))
    made = [script(finding, "/code/shop.py", "/code") for finding in checked.findings("/code/shop.py")]
    return [each for each in made if each is not None]


def of_lessons() -> list[tuple[str, str]]:
    examples = []
    for name in RACES:
        for slide in pitfalls()[name].lesson.of_kind("bad"):
            for number, code in enumerate(slide.codes):
                (made,) = scripts(code.without_carets, frozenset({name}))
                examples.append((f"{name}: {slide.heading} {number}", made))
    return examples


EXAMPLES = of_lessons()


@pytest.mark.parametrize("made", [made for _, made in EXAMPLES], ids=[name for name, _ in EXAMPLES])
def test_every_bad_example_fails_when_it_is_played(made: str) -> None:
    done = run(made)
    assert done.status == 1
    assert "AssertionError: PROVED" in done.output


@pytest.mark.parametrize("made", [made for _, made in EXAMPLES], ids=[name for name, _ in EXAMPLES])
def test_one_lock_around_it_is_a_repair(made: str) -> None:
    """Whatever the race is, two tasks that take one lock around all they do run one after the other."""
    done = run(locked(made))
    assert (done.status, done.output[-36:]) == (0, "Nothing is lost, whatever the order.\n"[-36:]), (
        done.output
    )


class _Unlocked(ast.NodeTransformer):
    def visit_AsyncWith(self, node: ast.AsyncWith) -> list[ast.stmt]:
        return node.body


def locked(made: str) -> str:
    """Each of the script's own coroutine functions, under one lock from start to end; locks within are left out."""
    tree = ast.parse(made)
    for function in tree.body:
        if isinstance(function, ast.AsyncFunctionDef):
            _Unlocked().visit(function)
            guard = ast.parse("async def f():\n    async with LOCK:\n        pass").body[0].body[0]  # type: ignore[attr-defined]
            guard.body = [each for each in function.body if not isinstance(each, ast.Global)]
            function.body = [each for each in function.body if isinstance(each, ast.Global)] + [guard]
    return ast.unparse(ast.fix_missing_locations(tree))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("stale-write-after-await: Bad 0", "    alive = stats['alive']\n    await others()", "    await others()\n    alive = stats['alive']"),
        ("augmented-await: Bad 0", "before + mine", "totals['bytes'] + mine"),
        ("iterate-shared-across-await: Bad 0", "in shared:", "in list(shared):"),
        ("stale-row-saved: Bad 0", "row[\"stock\"] -= mine", "row[\"stock\"] = shared[\"stock\"] - mine"),
    ],
)  # fmt: skip
def test_the_lessons_repairs_repair_the_small_program(name: str, before: str, after: str) -> None:
    made = dict(EXAMPLES)[name]
    lines = [line.partition("  #")[0] for line in made.splitlines()]
    repaired = "\n".join(lines).replace(before, after)
    assert repaired != "\n".join(lines)
    done = run(repaired)
    assert done.status == 0, done.output
    assert "Nothing is lost" in done.output


def test_a_script_stands_alone() -> None:
    """It imports the standard library and never the checked program, and repeats no statement with a call of the user's."""
    (made,) = scripts(
        textwrap.dedent(
            '''
            import secret_module

            class Shop:
                async def sell(self, book):
                    left = self.stock[book.id]
                    await secret_module.pay("""x""")
                    self.stock[book.id] = left - 1
            '''
        ),
        frozenset(RACES),
    )
    tree = ast.parse(made)
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert imported == {"SimpleNamespace", "coroutine", "product"}
    assert not any(isinstance(node, ast.Name) and node.id == "secret_module" for node in ast.walk(tree))
    assert run(made).status == 1


CASES = {
    "a global": "n = 0\nasync def f():\n    global n\n    n += await g()\n",
    "a nested place": "class A:\n    async def f(self, key):\n        old = self.a.b[key]\n        await g()\n        self.a.b[key] = old + [1]\n",
    "a value called upon": "class A:\n    async def f(self):\n        old = self.a\n        await g()\n        self.a = merge(old, await h())\n",
    "a restored value": "class A:\n    async def f(self, t):\n        old = self.t\n        self.t = t\n        await g()\n        self.t = old\n",
    "a flag": "class A:\n    async def f(self):\n        if not self.ready:\n            await g()\n            self.ready = make()\n",
    "get": "cache = {}\nasync def f(k):\n    found = cache.get(k)\n    if found is None:\n        found = await g(k)\n        cache[k] = found\n    return found\n",
    "delete": "class A:\n    async def f(self, k):\n        if k in self.d:\n            await g()\n            del self.d[k]\n",
    "another function's write": "class A:\n    async def f(self):\n        while True:\n            n = self.n\n            await g()\n            self.n = n + 1\n\n    def tick(self):\n        self.n += 1\n",
    "another function's removal": "class A:\n    async def f(self, k):\n        while True:\n            n = self.d[k]\n            await g()\n            self.d[k] = merge(n)\n\n    def drop(self, k):\n        self.d.pop(k, None)\n",
    "another function's lock": "class A:\n    async def f(self):\n        while True:\n            n = self.n\n            await g()\n            self.n = n + 1\n\n    def set_n(self, n):\n        with self._lock: self.n = n\n",
    "another function that waits under its lock": "class A:\n    async def f(self):\n        while True:\n            n = self.n\n            async with self._lock:\n                self.n = n + 1\n\n    async def set_n(self, n):\n        async with self._lock:\n            await g()\n            self.n += n\n",
    "a value of another call": "class A:\n    async def f(self, v):\n        self.v = v\n        await g()\n        h(self.v)\n",
    "an item taken away": "class A:\n    async def f(self, k):\n        if k in self.d:\n            await g()\n            self.d[k].h()\n\n    def drop(self, k):\n        self.d.pop(k, None)\n",
    "a last element taken": "class A:\n    async def f(self):\n        while self.d:\n            await g()\n            self.d.pop()\n",
    "a name of the script's own": "play = 0\nasync def main():\n    global play\n    play += await g()\n",
}


@pytest.mark.parametrize("name", CASES)
def test_shapes_of_programs(name: str) -> None:
    made = scripts(CASES[name], frozenset(RACES))
    assert made, "no script"
    done = run(made[0])
    assert "PROVED" in done.output, done.output + made[0]
    assert "Nothing is lost" in run(locked(made[0])).output
