"""Edits keep the user's formatting: each case is code before and after, `«»` around what the edit is asked for."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaitlens import rewrite
from awaitlens.pitfall import Edit, Patch
from awaitlens.program.extract import extract
from awaitlens.program.facts import Call, Facts
from awaitlens.program.modules import FileFacts
from awaitlens.rewrite import Edits, OverlappingEdits, apply, merged
from awaitlens.rewrite.imports import settle
from awaitlens.source import Source, Span
from awaitlens.syntax.blocks import layout
from awaitlens.syntax.parse import parse

OnSpan = Callable[[Facts, Span], "Edits | None"]
OnCall = Callable[[Facts, Call], "Edits | None"]


def file_of(text: str, module: str = "shop.views") -> FileFacts:
    split = layout(text)
    blocks = zip(split.lines, (extract(block, parse(block)) for block in split.blocks), strict=True)
    return FileFacts("views.py", module, tuple(blocks))


def marked(code: str) -> tuple[str, list[Span]]:
    """The code without its marks, and the spans they were around."""
    spans, opened, plain = [], [], ""
    for piece in re.split("([«»])", code):
        line, column = plain.count("\n"), len(plain) - plain.rfind("\n") - 1
        if piece == "«":
            opened.append((line, column))
        elif piece == "»":
            spans.append(Span(*opened.pop(), line, column))
        else:
            plain += piece
    return plain, sorted(spans)


def block_of(file: FileFacts, line: int) -> tuple[int, Facts]:
    return [(start, facts) for start, facts in file.blocks if start <= line][-1]


def rewritten(code: str, function: Callable[..., Edits | None]) -> str | None:
    """What the function makes of the marked code, imports settled; None where it offers nothing."""
    text, spans = marked(code)
    file = file_of(text)
    line, facts = block_of(file, spans[0].line)
    edits = function(facts, *(span.shifted(-line) for span in spans))
    if edits is None:
        return None
    patch = settle(Patch("", "safe", edits).shifted(line), file, Source("", text))
    result = apply(text, patch.edits)
    ast.parse(result)
    return result


def on_call(function: OnCall) -> OnSpan:
    def edits(facts: Facts, span: Span) -> Edits | None:
        return function(facts, next(call for call in facts.calls if call.span == span))

    return edits


def body(lines: str) -> str:
    return "async def view(x):\n" + "".join(f"    {line}\n" if line else "\n" for line in lines.split("\n"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«f()»", "await f()"),
        ("y = «f()».x", "y = (await f()).x"),
        ("y = («f()»).x", "y = (await f()).x"),
        ("y = «f()»[0]", "y = (await f())[0]"),
        ("y = «f()»()", "y = (await f())()"),
        ("return await «f()»['x']", "return (await f())['x']"),
        ("return await «f()»[0]", "return await (await f())[0]"),
        ("y = x[«f()»]", "y = x[await f()]"),
        ("y = not «f()»", "y = not await f()"),
        ("y = -«f()» ** 2", "y = -await f() ** 2"),
        ("return«(f)()»", "return await (f)()"),
        ("return «f()»", "return await f()"),
        ("g(*«f()», k=«f()»)".replace("k=«f()»", "k=1"), "g(*await f(), k=1)"),
        ("g(k=«f()», **x)", "g(k=await f(), **x)"),
        ("if (y := «f()»): pass", "if (y := await f()): pass"),
        ("y = [«f(i)» for i in x]", "y = [await f(i) for i in x]"),
        ("y = [i for i in x if «f(i)»]", "y = [i for i in x if await f(i)]"),
        ("y = (i for i in «f()»)", "y = (i for i in await f())"),
        ("y = f'{«f()»!r:>10}'", "y = f'{await f()!r:>10}'"),
        ("y = f'{x[\"a\"]} {«f()».x}'", "y = f'{x[\"a\"]} {(await f()).x}'"),
        ("y = «a or b».x".replace("«a or b».x", "(«a or b»).x"), "y = (await (a or b)).x"),
        ("assert «f()», 'no'", "assert await f(), 'no'"),
        ("y = '🙂', «f()»", "y = '🙂', await f()"),
        ("x += «f(\n    1,  # one\n)»", "x += await f(\n    1,  # one\n)"),
        ("y = «f()» \\\n    .x", "y = (await f()) \\\n    .x"),
        ("with «f()» as y: pass", "with await f() as y: pass"),
    ],
)
def test_await_goes_before_the_expression_with_the_parentheses_it_needs(before: str, after: str) -> None:
    assert rewritten(body(before), rewrite.await_expression) == body(after)


@pytest.mark.parametrize(
    "code",
    [
        "def view():\n    «f()»\n",
        "«f()»\n",
        "async def view():\n    await «f()»\n",
        "async def view():\n    return lambda: «f()»\n",
        "async def view(x=«f()»):\n    pass\n",
        "async def view():\n    def inner():\n        return «f()»\n",
        "async def view():\n    return all(«f(i)» for i in x)\n",
        "async def view():\n    return [[«f(i)» for i in x] for y in z]\n",
        "async def view():\n    class A:\n        x = «f()»\n",
        "async def view():\n    x: «f()» = 1\n",
        "async def view():\n    @«f()»\n    def g(): pass\n",
    ],
)
def test_no_await_where_none_may_stand(code: str) -> None:
    assert rewritten(code, rewrite.await_expression) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«await f()»", "f()"),
        ("await «f()»", "f()"),
        ("y = («await f()»).x", "y = f().x"),
        ("y = («await (a or b)»).x", "y = ((a or b)).x"),
        ("return «await   f()»", "return f()"),
    ],
)
def test_await_goes_away(before: str, after: str) -> None:
    assert rewritten(body(before), rewrite.drop_await) == body(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«f()»", "await asyncio.to_thread(f)"),
        ("y = «f(1, k=2)».x", "y = (await asyncio.to_thread(f, 1, k=2)).x"),
        ("«f((\n    1), 2)»", "await asyncio.to_thread(f, (\n    1), 2)"),
        ("«(f)(*x)»", "await asyncio.to_thread((f), *x)"),
        ("«f(i for i in x)»", "await asyncio.to_thread(f, (i for i in x))"),
        (
            "y = «f(\n    1,  # one\n    k=2,\n)»",
            "y = await asyncio.to_thread(\n    f,\n    1,  # one\n    k=2,\n)",
        ),
        ("«a.b (1)»", "await asyncio.to_thread (a.b, 1)"),
    ],
)
def test_a_call_is_handed_to_a_thread(before: str, after: str) -> None:
    code = "import asyncio\n\n\n"
    result = rewritten(code + body(before), on_call(rewrite.wrap_in_call))
    assert result == code + body(after)


@pytest.mark.parametrize(
    ("function", "before", "after"),
    [
        (rewrite.wrap_in_adapter, "«f(1, k=2)»", "await sync_to_async(f)(1, k=2)"),
        (rewrite.wrap_in_adapter, "y = «(f)(1)»[0]", "y = (await sync_to_async((f))(1))[0]"),
        (rewrite.unwrap_eager_call, "await to_thread(«f(1, k=2)»)", "await to_thread(f, 1, k=2)"),
        (rewrite.unwrap_eager_call, "await to_thread(«f()»)", "await to_thread(f)"),
        (rewrite.unwrap_eager_call, "loop.run_in_executor(None, «f(1)»)", "loop.run_in_executor(None, f, 1)"),
        (rewrite.unwrap_eager_call, "to_thread(«f(1)», 2)", None),
        (rewrite.unwrap_eager_adapter, "await sync_to_async(«f(1)»)", "await sync_to_async(f)(1)"),
        (rewrite.unwrap_eager_adapter, "sync_to_async(«f(1)», thread_sensitive=True)", None),
        (lambda f, c: rewrite.rename_method(f, c, "aget"), "x = «A.objects \\\n  .get(1)»", "x = A.objects \\\n  .aget(1)"),
        (lambda f, c: rewrite.await_method(f, c, "aget"), "x = «A.objects.get(1)».y", "x = (await A.objects.aget(1)).y"),
        (lambda f, c: rewrite.await_with_callee(f, c, "g"), "await «f(1)»", "await g(1)"),
        (lambda f, c: rewrite.await_with_callee(f, c, "g"), "«f(1)»", "await g(1)"),
        (lambda f, c: rewrite.remove_keyword(f, c, "k"), "f(1)\n«g(1, k=2)»", "f(1)\ng(1)"),
        (lambda f, c: rewrite.remove_keyword(f, c, "k"), "«g(k=2)»", "g()"),
        (lambda f, c: rewrite.remove_keyword(f, c, "k"), "«g(k=2, j=3)»", "g(j=3)"),
        (lambda f, c: rewrite.remove_keyword(f, c, "k"), "«g(\n    1,  # one\n    k=2,\n)»", "g(\n    1,  # one\n)"),
        (lambda f, c: rewrite.remove_keyword(f, c, "k"), "«g(1)»", None),
        (lambda f, c: rewrite.remove_argument(f, c, 0), "«g(1, k=2)»", "g(k=2)"),
        (lambda f, c: rewrite.add_keyword(f, c, "k", "2"), "«g(1)»", "g(1, k=2)"),
        (lambda f, c: rewrite.add_keyword(f, c, "k", "2"), "«g()»", "g(k=2)"),
        (lambda f, c: rewrite.add_keyword(f, c, "k", "2"), "«g(k=1)»", "g(k=2)"),
        (lambda f, c: rewrite.add_keyword(f, c, "k", "2"), "«g(\n    0,\n    1,\n)»", "g(\n    0,\n    1,\n    k=2,\n)"),
        (rewrite.keep_task, "«spawn(x)»", "task = spawn(x)\nbackground_tasks.add(task)\ntask.add_done_callback(background_tasks.discard)"),
        (rewrite.keep_task, "task = 1; «spawn(x)»", "task = 1; task_2 = spawn(x); background_tasks.add(task_2); task_2.add_done_callback(background_tasks.discard)"),
    ],
)  # fmt: skip
def test_calls(function: OnCall, before: str, after: str | None) -> None:
    code = "from asgiref.sync import sync_to_async\n\nbackground_tasks = set()\n\n\n"
    assert rewritten(code + body(before), on_call(function)) == (
        None if after is None else code + body(after)
    )


def add_global(facts: Facts, _: Span) -> Edits | None:
    return rewrite.add_global(facts, next(facts.functions()), "ready")


def handler(function: Callable[..., Edits | None]) -> OnSpan:
    def edits(facts: Facts, _: Span) -> Edits | None:
        return function(facts, next(context for context in facts.contexts if context.kind == "except"))

    return edits


@pytest.mark.parametrize(
    ("function", "before", "after"),
    [
        (rewrite.with_to_async_with, "«with a as b:»\n    pass", "async with a as b:\n    pass"),
        (rewrite.with_to_async_with, "«with a, b:»\n    pass", None),
        (rewrite.async_with_to_with, "«async  with a as b»: pass", "with a as b: pass"),
        (rewrite.for_to_async_for, "if x:\n    «for i in x:»\n        pass", "if x:\n    async for i in x:\n        pass"),
        (rewrite.async_for_to_for, "«async for i in x»: pass", "for i in x: pass"),
        (rewrite.comprehension_to_async, "y = [i for (i) in «x» if i]", "y = [i async for (i) in x if i]"),
        (rewrite.comprehension_to_async, "y = any(i for i in «x»)", None),
        (rewrite.comprehension_to_sync, "y = [i async for i in «x»]", "y = [i for i in x]"),
        (rewrite.iterate_over_copy, "for k in «x»: pass", "for k in list(x): pass"),
        (lambda f, s: rewrite.insert_statement_before(f, s, "g()"), "if x: «f()»", "if x: g(); f()"),
        (lambda f, s: rewrite.insert_statement_before(f, s, "g()"), "f(); «h()»  # why", "f(); g(); h()  # why"),
        (lambda f, s: rewrite.insert_statement_before(f, s, "if x:\n    g()"), "if x: «f()»", "if x:\n    if x:\n        g()\n    f()"),
        (lambda f, s: rewrite.insert_statement_after(f, s, "g()"), "if x: «f()»", "if x: f(); g()"),
        (lambda f, s: rewrite.insert_statement_after(f, s, "g()"), "«f()»  # why", "f()  # why\ng()"),
        (lambda f, s: rewrite.insert_statement_after(f, s, "g()"), "«f()»; h()", "f(); g(); h()"),
        (lambda f, s: rewrite.remove_statement(f, s), "«f()»; h()", "h()"),
        (lambda f, s: rewrite.remove_statement(f, s), "h(); «f()»", "h()"),
        (lambda f, s: rewrite.remove_statement(f, s), "«f()»", None),
        (lambda f, s: rewrite.hoist(f, s, "v"), "x += «await f()»", "v = await f()\nx += v"),
        (lambda f, s: rewrite.hoist(f, s, "v"), "if x: x += «await f()»", "if x: v = await f(); x += v"),
        (lambda f, s: rewrite.hoist(f, s, "v"), "while «await f()»: pass", None),
        (lambda f, s: rewrite.hoist(f, s, "v"), "y = x and «await f()»", None),
        (lambda f, s: rewrite.hoist(f, s, "v"), "x += «await f(\n    1,\n)»", "v = await f(\n    1,\n)\nx += v"),
        (lambda f, a, b: rewrite.guard_with_lock(f, a, b, "lock"), "«f()»\n\n«g(\"\"\"\nt\"\"\")»  # end\nh()", "async with lock:\n    f()\n\n    g(\"\"\"\nt\"\"\")  # end\nh()"),
        (handler(rewrite.add_raise), "try:\n    «f()»\nexcept E:\n    pass", "try:\n    f()\nexcept E:\n    raise"),
        (handler(rewrite.add_raise), "try: «f()»\nexcept E: g()", "try: f()\nexcept E: g(); raise"),
        (handler(rewrite.add_raise), "try: «f()»\nexcept E: return 1", None),
        (add_global, "«ready = True»", "global ready\nready = True"),
        (add_global, "'''Doc.'''\n«ready = True»", "'''Doc.'''\nglobal ready\nready = True"),
        (add_global, "global a\n«ready = True»", "global a, ready\nready = True"),
        (add_global, "«ready: bool = True»", None),
    ],
)  # fmt: skip
def test_statements(function: Callable[..., Edits | None], before: str, after: str | None) -> None:
    assert rewritten(body(before), function) == (None if after is None else body(after))


def test_a_function_becomes_async_with_its_calls_awaited() -> None:
    def made_async(facts: Facts, *spans: Span) -> Edits | None:
        return rewrite.make_async(facts, next(facts.functions()), spans)

    before = "@app.get\ndef view(x):\n    return «f()».x + «g()»\n"
    assert (
        rewritten(before, made_async)
        == "@app.get\nasync def view(x):\n    return (await f()).x + await g()\n"
    )
    assert rewritten("async def view(x):\n    «f()»\n", made_async) is None


def test_a_handler_lets_cancellation_through() -> None:
    code = "import asyncio\n\n\n" + body("try:\n    «f()»\nexcept BaseException:\n    pass")
    expected = code.replace("    except", "    except asyncio.CancelledError:\n        raise\n    except")
    assert rewritten(code, handler(rewrite.add_handler_before)) == re.sub("[«»]", "", expected)


def test_code_goes_before_the_block_unless_that_is_a_class() -> None:
    def add(facts: Facts, _: Span) -> Edits | None:
        return rewrite.insert_before_block(facts, "lock = Lock()")

    assert rewritten("x = 1\n\n\n@d\ndef f():\n    «g()»\n", add) == (
        "x = 1\n\n\nlock = Lock()\n\n\n@d\ndef f():\n    g()\n"
    )
    assert rewritten("class A:\n    def f(self):\n        «g()»\n", add) is None


def test_an_executor_takes_no_keywords() -> None:
    before = "import asyncio\n\n\n"
    result = rewritten(before + body("«f(1)»"), on_call(rewrite.wrap_in_executor))
    assert result == before + body("await asyncio.get_running_loop().run_in_executor(None, f, 1)")
    assert rewritten(before + body("«f(k=1)»"), on_call(rewrite.wrap_in_executor)) is None


def test_global_in_a_one_liner() -> None:
    assert rewritten("def run(): «ready = True»\n", add_global) == "def run(): global ready; ready = True\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'alive = stats["alive"]\n«response = await get()»\nif response:\n    stats["alive"] = alive + 1',
            'response = await get()\nif response:\n    alive = stats["alive"]\n    stats["alive"] = alive + 1',
        ),
        ("a = s\n«await get()»\ns = a + 1", "await get()\na = s\ns = a + 1"),
        ("a = s; «await get()»; s = a + 1", "await get(); a = s; s = a + 1"),
        ("a = s  # why\n«await get()»\nif x: s = a + 1", "# why\nawait get()\nif x: a = s; s = a + 1"),
        ("a = s  # why\n«await get()»\ns = a + 1", "await get()\na = s  # why\ns = a + 1"),
        ('a = s[\n  """k\n    k"""]\n«await get()»\nif x:\n    s = a', 'await get()\nif x:\n    a = s[\n  """k\n    k"""]\n    s = a'),
        ("a = s\n«await get()»\nif a: s = a + 1", "await get()\na = s\nif a: s = a + 1"),
        ("a = s\n«await get()»\nif x:\n    s = a\nelif a:\n    pass", "await get()\na = s\nif x:\n    s = a\nelif a:\n    pass"),
        ("a = s\n«await get()»\nfor i in x:\n    s = a", "await get()\na = s\nfor i in x:\n    s = a"),
        ("a = s\n«await get(a)»\ns = a", None),
        ("a = s\n«await get()»", None),
        ("a = s[k]\n«k = await get()»\ns = a", None),
        ("a = s.x\n«s.x = await get()»\nf(a)", None),
    ],
)  # fmt: skip
def test_a_read_moves_below_the_await_to_where_it_is_used(before: str, after: str | None) -> None:
    def move(facts: Facts, target: Span) -> Edits | None:
        return rewrite.move_statement_below(facts, Span(1, 4, 1, 5), target)

    assert rewritten(body(before), move) == (None if after is None else body(after))


TRANSACTION = """\
from asgiref.sync import sync_to_async


async def view(request):
    count = 0
    «with transaction.atomic():
        # Both or none.
        await sync_to_async(verify)(request, "a\\nb")
        user = await User.objects.aget(pk=1)
        await greet(user)
        count += 1»
        # The end.
    return user, count
"""


def test_a_with_block_becomes_one_sync_function() -> None:
    def extracted(facts: Facts, span: Span) -> Edits | None:
        return rewrite.extract_sync_function(
            facts, span, "save", lambda call: "User.objects.get" if "aget" in facts.slice(call) else ""
        )

    assert (
        rewritten(TRANSACTION, extracted)
        == """\
from asgiref.sync import async_to_sync, sync_to_async


async def view(request):
    count = 0

    @sync_to_async
    def save():
        nonlocal count
        with transaction.atomic():
            # Both or none.
            verify(request, "a\\nb")
            user = User.objects.get(pk=1)
            async_to_sync(greet)(user)
            count += 1
            # The end.
        return user

    user = await save()
    return user, count
"""
    )


def extracted(facts: Facts, span: Span) -> Edits | None:
    return rewrite.extract_sync_function(facts, span, "save", lambda call: "")


@pytest.mark.parametrize(
    "lines",
    [
        "for i in x:\n    «with a:\n        break»",
        "«with a:\n    yield 1»",
        "«with a:\n    if x:\n        return 1»\nf()",
        "«with a:\n    if x:\n        y = 1»\nreturn y",
        "«with a:\n    await task»",
        "«with a:\n    async for i in x: pass»",
        "«with a:\n    super().save()»",
        "if x: pass; «f()»",
    ],
)
def test_a_with_block_stays_where_it_would_mean_something_else(lines: str) -> None:
    assert rewritten(body(lines), extracted) is None


def test_a_with_block_that_returns_is_returned() -> None:
    assert rewritten(body("«async with a:\n    return [y for y in x]»\n"), extracted) == (
        "from asgiref.sync import sync_to_async\n\n\n"
        "async def view(x):\n"
        "    @sync_to_async\n    def save():\n        with a:\n            return [y for y in x]\n\n"
        "    return await save()\n\n"
    )


def result_of(code: str) -> object:
    """What `view(3)` returns, with stand-ins for asgiref that stay on one thread."""

    def sync_to_async(function: Callable[..., object]) -> Callable[..., object]:
        async def call(*args: object) -> object:
            return function(*args)

        return call

    def async_to_sync(function: Callable[..., Coroutine[object, None, object]]) -> Callable[..., object]:
        return lambda *args: finished(function(*args))

    async def double(value: int) -> int:
        return 2 * value

    names = {
        "sync_to_async": sync_to_async,
        "async_to_sync": async_to_sync,
        "double": double,
        "a": nullcontext("cm"),
    }
    exec("\n".join(line for line in code.splitlines() if "asgiref" not in line), names)
    return finished(names["view"](3)), names.get("shared")  # type: ignore[operator]


def finished(coroutine: Coroutine[object, None, object]) -> object:
    with pytest.raises(StopIteration) as stopped:
        coroutine.send(None)
    return stopped.value.value


@pytest.mark.parametrize(
    "lines",
    [
        "«with a:\n    y = await double(x)»\nreturn y",
        "y = 1\n«with a:\n    y += await double(x)\n    z = y»\nreturn y, z",
        "«with a as c:\n    y = [i async_ for i in (x, await double(x))]»\nreturn c, y".replace(" async_", ""),
        "global shared\n«with a:\n    shared = await double(x)\n    x = 0»\nreturn x",
        "t = []\nfor i in range(x):\n    «with a:\n        if i % 2:\n            t.append(await double(i))\n        last = i»\nreturn t, last",
        "«with a:\n    for i in range(x):\n        if i:\n            break\n    y = await sync_to_async(sum)((i, 5))»\nreturn y",
        "«with a:\n    def inner(i):\n        y = i\n        return y\n    return inner(await double(x))»",
        "y = 5\ndef inner():\n    return y\n«with a:\n    y = (await double(x)).real»\nreturn inner()",
    ],
)  # fmt: skip
def test_a_moved_with_block_computes_the_same(lines: str) -> None:
    code = rewritten(body(lines), extracted)
    assert code is not None
    assert "def save" in code
    assert result_of(code) == result_of(re.sub("[«»]", "", body(lines)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "import asyncio\n\n\n"),
        ("import time\n\n\n", "import asyncio\nimport time\n\n\n"),
        ("import abc\nfrom time import sleep\n\n\n", "import abc\nimport asyncio\nfrom time import sleep\n\n\n"),
        ("from time import sleep\n\n\n", "import asyncio\nfrom time import sleep\n\n\n"),
        ('"""Doc."""\n\n\n', '"""Doc."""\n\nimport asyncio\n\n\n'),
        ("from __future__ import annotations\n\n\n", "from __future__ import annotations\n\nimport asyncio\n\n\n"),
        ("import django\n\n\n", "import asyncio\n\nimport django\n\n\n"),
        ("#!/usr/bin/python\n# Licence.\n\nimport time\n\n\n", "#!/usr/bin/python\n# Licence.\n\nimport asyncio\nimport time\n\n\n"),
        ("# Licence.\n\n", "# Licence.\n\nimport asyncio\n\n\n"),
        ("if TYPE_CHECKING:\n    import asyncio\n\n\n", "import asyncio\n\nif TYPE_CHECKING:\n    import asyncio\n\n\n"),
    ],
)  # fmt: skip
def test_an_import_goes_beside_its_neighbours(before: str, after: str) -> None:
    result = rewritten(before + body("«f()»"), on_call(rewrite.wrap_in_call))
    assert result == after + body("await asyncio.to_thread(f)")


@pytest.mark.parametrize(
    ("imports", "spelling"),
    [
        ("import asyncio as aio", "aio.to_thread"),
        ("from asyncio import to_thread", "to_thread"),
        ("from asyncio import to_thread as offload", "offload"),
        ("try:\n    import asyncio\nexcept ImportError:\n    pass", "asyncio.to_thread"),
    ],
)
def test_a_name_is_spelled_as_the_file_spells_it(imports: str, spelling: str) -> None:
    code = imports + "\n\n\n"
    assert rewritten(code + body("«f()»"), on_call(rewrite.wrap_in_call)) == code + body(
        f"await {spelling}(f)"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from asgiref.sync import async_to_sync\n", "from asgiref.sync import async_to_sync, sync_to_async\n"),
        ("from django.http import Http404\n", "from asgiref.sync import sync_to_async\nfrom django.http import Http404\n"),
        ("import time\n", "import time\n\nfrom asgiref.sync import sync_to_async\n"),
        ("from .models import Book\n", "from asgiref.sync import sync_to_async\n\nfrom .models import Book\n"),
        ("from asgiref.sync import (\n    async_to_sync,\n)\n", "from asgiref.sync import (\n    async_to_sync,\n)\nfrom asgiref.sync import sync_to_async\n"),
    ],
)  # fmt: skip
def test_a_symbol_is_imported_from_its_module(before: str, after: str) -> None:
    result = rewritten(before + "\n\n" + body("«f()»"), on_call(rewrite.wrap_in_adapter))
    assert result == after + "\n\n" + body("await sync_to_async(f)()")


def test_an_import_in_the_function_counts_and_a_shadowed_name_does_not() -> None:
    local = "async def view(x):\n    import asyncio\n    {}\n"
    assert rewritten(local.format("«f()»"), on_call(rewrite.wrap_in_call)) == local.format(
        "await asyncio.to_thread(f)"
    )
    shadowed = "async def view(asyncio):\n    {}\n"
    result = rewritten(shadowed.format("«f()»"), on_call(rewrite.wrap_in_call))
    assert result == "from asyncio import to_thread\n\n\n" + shadowed.format("await to_thread(f)")


def test_a_set_for_the_tasks_is_made_before_the_statement_at_module_level() -> None:
    code = "import asyncio\n\n\n# A server.\nclass Server:\n    async def handle(self):\n        {}\n"
    result = rewritten(code.format("«asyncio.create_task(f())»"), on_call(rewrite.keep_task))
    lines = (
        "task = asyncio.create_task(f())",
        "background_tasks.add(task)",
        "task.add_done_callback(background_tasks.discard)",
    )
    expected = code.format("\n        ".join(lines)).replace("# A", "background_tasks = set()\n\n\n# A")
    assert result == expected


def test_what_looks_like_a_placeholder_in_the_users_text_stays() -> None:
    code = body('x += «await f("‹time.sleep›")»')
    result = rewritten(code, lambda f, s: rewrite.hoist(f, s, "v"))
    assert result == body('v = await f("‹time.sleep›")\nx += v')


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("unit", ["    ", "\t", "  "])
@pytest.mark.parametrize("header", ["", "class A:\n", "class A:\n    class B:\n"])
def test_layout_is_kept(ending: str, unit: str, header: str) -> None:
    """Members of classes, tabs and line ends of Windows: the edit writes what the file writes."""

    def laid_out(code: str) -> str:
        depth = header.count("\n")
        lines = (("    " * depth if line else "") + line for line in code.split("\n"))
        return (header + "\n".join(lines)).replace("    ", unit).replace("\n", ending)

    before = "async def run(self):\n    if self:\n        «x.n += await f()»\n"
    text, _ = marked(laid_out(before))
    file = file_of(text)
    line, facts = file.blocks[-1]
    suspension = facts.suspensions[0]
    edits = rewrite.hoist(facts, suspension.span, "n")
    assert edits is not None
    after = "async def run(self):\n    if self:\n        n = await f()\n        x.n += n\n"
    assert apply(text, Patch("", "safe", edits).shifted(line).edits) == laid_out(after)


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(OverlappingEdits):
        apply("abcdef", [Edit(Span(0, 0, 0, 3), "x"), Edit(Span(0, 2, 0, 4), "y")])


def test_an_insertion_comes_before_a_replacement_at_its_place() -> None:
    edits = [Edit(Span(0, 1, 0, 2), "X"), Edit(Span(0, 1, 0, 1), "<"), Edit(Span(0, 1, 0, 1), "=")]
    assert apply("abc", edits) == "a<=Xc"
    assert merged("abc", edits) == (Edit(Span(0, 1, 0, 2), "<=X"),)


@given(
    st.text(alphabet="ab\n\r🙂é", max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.text("xy\n", max_size=3)), max_size=5),
)
def test_joining_touching_edits_changes_nothing(text: str, insertions: list[tuple[int, str]]) -> None:
    source = Source("", text)
    edits = []
    for at, new in insertions:
        line = min(at, max(len(source.lines) - 1, 0))
        column = min(at, len(source.line_text(line)))
        edits.append(Edit(Span(line, column, line, column), new))
    assert apply(text, merged(text, edits)) == apply(text, edits)


def test_looking_for_findings_imports_no_libcst() -> None:
    code = "import sys, awaitlens.rewrite, awaitlens.rewrite.imports; sys.exit('libcst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
