"""Async tests that nobody runs: the runner calls them, gets a coroutine, and counts the test as passed or skipped.

unittest awaits tests in IsolatedAsyncioTestCase alone (Python 3.8-3.15), Django's test cases await tests but not setUp
(Django 3.1-6.1). pytest needs a plugin, and its plugin a marker, unless it is told to take all tests (`asyncio_mode = auto`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.confidence import Confidence
from awaitlens.program.facts import Facts, Scope
from awaitlens.program.modules import FileFacts
from awaitlens.program.view import View

_UNITTEST, _ISOLATED, _DJANGO = (
    "unittest.TestCase",
    "unittest.IsolatedAsyncioTestCase",
    "django.test.SimpleTestCase",
)
_FIXTURES = frozenset({"setUp", "tearDown", "setUpClass", "tearDownClass", "setUpTestData"})
_CALLED_BY_RUNNERS = ("test", *sorted(_FIXTURES))
_RUNNING_METHODS = frozenset({"run", "__call__", "debug", "_callTestMethod", "_callSetUp", "_setup_and_call", "__getattribute__"})  # fmt: skip
"""Methods by which a class of the program may await its tests itself."""

_MARK = "pytest.mark."
_RUNNERS = ("asyncio", "anyio", "trio", "twisted", "tornado", "gen_test", "inlineCallbacks")
_NEUTRAL = ("pytest.mark.", "unittest.mock.patch", "mock.patch", "unittest.skip", "unittest.expectedFailure", "classmethod",
            "django.test.override_settings", "django.test.tag")  # fmt: skip


class Unrun(NamedTuple):
    """A test or fixture that is not awaited; `why` in words, `marker` the one its neighbours have, or ""."""

    scope: Scope
    why: str
    confidence: Confidence
    marker: str = ""


def unrun_tests(facts: Facts, view: View) -> Iterator[Unrun]:
    for scope in facts.async_functions():
        if scope.is_generator or scope.kind != "function" or not scope.name.startswith(_CALLED_BY_RUNNERS):
            continue
        lineage = view.class_lineage(scope.number)
        if _UNITTEST in lineage:
            yield from _in_unittest(scope, lineage, view)
        elif scope.name.startswith("test") and is_test_file(view.path):
            yield from _in_pytest(facts, scope, lineage, view)


def _in_unittest(scope: Scope, lineage: tuple[str, ...], view: View) -> Iterator[Unrun]:
    is_test = scope.name.startswith("test") and _DJANGO not in lineage
    if not (is_test or scope.name in _FIXTURES) or not _is_bare(scope, view):
        return
    if view.class_defines(scope.number, _RUNNING_METHODS):
        return
    if (_ISOLATED not in lineage or scope.name in _FIXTURES) and view.is_plain_class(scope.number):
        yield Unrun(scope, "unittest calls it and never awaits it", "certain")


def _in_pytest(facts: Facts, scope: Scope, lineage: tuple[str, ...], view: View) -> Iterator[Unrun]:
    mode = view.settings.async_tests
    if mode == "auto" or not _is_bare(scope, view) or not _is_collected(facts, scope, lineage, view):
        return
    if _has_runner(view.decorator_names(scope.number)) or _is_marked_from_above(facts, scope, view):
        return
    if mode == "none":
        yield Unrun(scope, "pytest runs no async test without a plugin such as pytest-asyncio", "certain")
        return
    marker = _marker_of_neighbours(view)
    if marker and _is_run_by_others(scope.name, view):
        return
    if marker:
        yield Unrun(scope, f"pytest runs it with @pytest.mark.{marker} alone", "likely", marker)
    elif mode == "marked":
        yield Unrun(
            scope, "pytest-asyncio runs marked tests only, and this has no marker", "certain", "asyncio"
        )


def is_test_file(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


def _is_bare(scope: Scope, view: View) -> bool:
    """Whether no decorator but known ones could run the test some other way."""
    return all(name.startswith(_NEUTRAL) for name in view.decorator_names(scope.number))


def _is_collected(facts: Facts, scope: Scope, lineage: tuple[str, ...], view: View) -> bool:
    if not lineage:
        return facts.scopes[scope.parent].kind == "module"
    # A class with bases may be marked, or run, through them.
    return len(lineage) == 1 and view.owner_of(scope.number).startswith("Test")


def _has_runner(decorators: tuple[str, ...]) -> bool:
    return any(name.rpartition(".")[2] in _RUNNERS for name in decorators)


def _is_marked_from_above(facts: Facts, scope: Scope, view: View) -> bool:
    """Whether the module, the class or a conftest.py may mark the test, or a plugin be loaded there."""
    if view.module_bindings("pytestmark") or view.module_bindings("pytest_plugins"):
        return True
    owner = view.owner_of(scope.number)
    cls = view.file.definitions.get(owner) if owner else None
    if cls is not None and (
        view.file.scope(cls).decorators or "pytestmark" in view.file.members.get(owner, {})
    ):
        return True
    folder = view.path.rpartition("/")[0]
    above = (path for path in view.program.files if path.endswith("conftest.py"))
    nearby = (view.program.files[p] for p in above if (folder + "/").startswith(p.rpartition("/")[0]))
    words = ("add_marker", "pytest_pyfunc_call", "pytest_plugins", "pytest_collection_modifyitems")
    return any(_mentions(file, word, view) for file in nearby for word in words)


def _mentions(file: FileFacts, word: str, view: View) -> bool:
    view.program.names.memory.rests_on(file.path, word)
    return word in file.text


def _is_run_by_others(name: str, view: View) -> bool:
    """Whether the file calls the function: then it is the body of other tests, or a script runs it."""
    view.program.names.memory.rests_on(view.path, name)
    return len(re.findall(rf"\b{name}\(", view.file.text)) > 1


def _marker_of_neighbours(view: View) -> str:
    """The marker that other async tests of the file have; "" where they have none."""
    for facts, scope in view.module_functions("test"):
        if scope.is_async and scope.name.startswith("test") and scope.decorators:
            for name in view.of(view.file, facts).decorator_names(scope.number):
                last = name.removeprefix(_MARK)
                if name.startswith(_MARK) and last in ("asyncio", "anyio"):
                    return last
    return ""
