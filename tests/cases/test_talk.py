"""The talk's slides: what is said of each, at which line, and what repair is offered first; silence everywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitlens.engine import CheckedProgram, check_texts

TALK = Path(__file__).parents[2] / "examples" / "talk"

SOME = "Declare `global ready`"
EXPECTED: dict[str, list[tuple[str, str, str]]] = {
    "slide_09": [("book = Book.objects.get(id=1)", "orm-call-in-async", "Use await aget() (Django 4.1 and newer)")],
    "slide_12": [("book = Book.objects.aget(id=1)", "unawaited-variable", "Add await")],
    "slide_14": [
        ("asyncio.wait({create_user_account(request), send_created_email(request)})", "unawaited-call", "Add await"),
        ("asyncio.wait({create_user_account(request), send_created_email(request)})", "wait-needs-tasks", "Await them in order"),
    ],
    "slide_16": [],
    "slide_18": [],
    "slide_19": [("with transaction.atomic():", "transaction-in-async", "Move the transaction into one sync function")],
    "slide_22": [('stats["alive"] = alive + 1', "stale-write-after-await", 'Read stats["alive"] after the await')],
    "slide_23": [],
    "slide_25": [
        ("ready = True", "lost-global-write", SOME),
        ("time.sleep(0.01)", "blocking-sleep", "Use await asyncio.sleep"),
        ("asyncio.wait({run, notify})", "unawaited-call", "Add await"),
        ("asyncio.wait({run, notify})", "wait-needs-tasks", "Make tasks of them"),
    ],
    "slide_26": [
        ("ready = True", "lost-global-write", SOME),
        ("await time.sleep(0.01)", "await-non-awaitable", "Use asyncio.sleep"),
        ("asyncio.wait({run, notify})", "unawaited-call", "Add await"),
        ("asyncio.wait({run, notify})", "wait-needs-tasks", "Make tasks of them"),
    ],
    "slide_27": [
        ("ready = True", "lost-global-write", SOME),
        ("while not ready:", "busy-wait", "Make `ready` an asyncio.Event"),
        ("asyncio.wait({run, notify})", "unawaited-call", "Add await"),
        ("asyncio.wait({run, notify})", "wait-needs-tasks", "Make tasks of them"),
    ],
    "slide_28": [
        ("await add(1, 2)", "await-non-awaitable", "Drop await"),
        ('asyncio.get_running_loop().call_soon(log, "done")', "async-callback-to-sync-api", "Give it a sync function that starts the coroutine"),
    ],
    "slide_29": [],
    "slide_30": [
        ("def setup_conn():", "orm-off-sensitive-thread", "Keep it on the thread-sensitive thread"),
        ("await asyncio.to_thread(deactivate_users)", "orm-off-sensitive-thread", ""),
        ("await sync_to_async(deactivate_users, thread_sensitive=False)()", "orm-off-sensitive-thread", "Keep it on the thread-sensitive thread"),
        ("await asyncio.get_running_loop().run_in_executor(None, deactivate_users)", "orm-off-sensitive-thread", ""),
    ],
    "slide_35": [
        ("for book in books:", "queryset-evaluated-in-async", "Use async for (Django 4.1 and newer)"),
        ("if Book.objects.filter(price=0):", "queryset-evaluated-in-async", "Use await aexists() (Django 4.1 and newer)"),
        ("return list(Book.objects.all())", "queryset-evaluated-in-async", "Use an async comprehension (Django 4.1 and newer)"),
        ("return books[0]", "queryset-evaluated-in-async", ""),
        ("user_count = Book.objects.count()", "orm-call-in-async", "Use await acount() (Django 4.1 and newer)"),
        ("login(request, user)", "sync-django-api-in-async", "Use await alogin() (Django 5.0 and newer)"),
        ('cache.set("count", user_count)', "sync-django-api-in-async", "Use await aset() (Django 4.0 and newer)"),
        ('send_mail("Welcome", "Glad to see you", None, [user.email])', "sync-django-api-in-async", "Wrap in sync_to_async"),
    ],
    "models": [],
    "accounts": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def talk() -> CheckedProgram:
    return check_texts({str(path): path.read_text(encoding="utf-8") for path in TALK.glob("*.py")})


def test_every_file_of_the_talk_is_expected() -> None:
    assert {path.stem for path in TALK.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_slide_says_what_it_must_and_no_more(talk: CheckedProgram, name: str) -> None:
    path = str(TALK / f"{name}.py")
    said = []
    for finding in talk.findings(path):
        patches = talk.patches(path, finding)
        line = talk.sources[path].line_text(finding.span.line).strip()
        said.append((line, finding.pitfall, patches[0].title if patches else ""))
    assert said == EXPECTED[name]


def test_with_an_old_asgiref_the_connection_of_slide_29_is_lost() -> None:
    from awaitlens.settings import Settings

    files = {str(path): path.read_text(encoding="utf-8") for path in TALK.glob("*.py")}
    path = str(TALK / "slide_29.py")
    found = check_texts(files, Settings(asgiref=(3, 2, 10))).findings(path)
    assert [finding.pitfall for finding in found] == ["orm-off-sensitive-thread"] * 2


def test_the_repair_of_slide_22_is_slide_23(talk: CheckedProgram) -> None:
    from awaitlens.rewrite import apply

    path = str(TALK / "slide_22.py")
    (finding,) = talk.findings(path)
    repaired = apply(talk.sources[path].text, talk.patches(path, finding)[0].edits)
    expected = (TALK / "slide_23.py").read_text(encoding="utf-8")
    assert repaired.partition('"""\n')[2] == expected.partition('"""\n')[2]
