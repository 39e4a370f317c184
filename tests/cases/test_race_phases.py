"""Who has an object for himself: what begins it, ends it, opens it or reads its stream; and values that settle anyway."""

from __future__ import annotations

import textwrap

import pytest

from awaitlens import engine
from awaitlens.settings import Settings

RACES = frozenset(
    {
        "stale-write-after-await",
        "check-then-await",
        "checked-then-reset",
        "cleared-before-await",
        "iterate-shared-across-await",
        "two-readers-of-one-stream",
    }
)


def told(text: str) -> list[str]:
    checked = engine.check_texts({"module.py": textwrap.dedent(text)}, Settings(select=RACES))
    return [finding.pitfall for finding in checked.findings("module.py")]


def written(text: str, **parts: str) -> str:
    for name, part in parts.items():
        text = text.replace(name, part.replace("; ", "\n            "))
    return text


# --- loops ------------------------------------------------------------------------------------------------------

LOOP = """
    class Hub:
        async def LOOPS(self):
            HEAD

        CHANGES
    """
WALK = "for guest in self.guests:; {}await guest.ping()".format(" " * 4)
LEAVE = "def leave(self, guest):; self.guests.discard(guest)"


@pytest.mark.parametrize(
    "loops",
    ["start", "init_model", "on_startup", "on_shutdown", "on_stop", "close", "__asynccontextmanager__"],
)
def test_what_begins_or_ends_an_object_loops_alone(loops: str) -> None:
    """False alarms."""
    assert told(written(LOOP, LOOPS=loops, HEAD=WALK, CHANGES=LEAVE)) == []


MANAGER = """
    from contextlib import asynccontextmanager

    class Hub:
        DECORATOR
        async def session(self, guest):
            BODY

        CHANGES
    """
YIELDS = "try: yield guest; finally: await self.log()"
DROPS = "@asynccontextmanager\n        async def leave(self, guest):; yield; self.guests.discard(guest)"


@pytest.mark.parametrize(
    ("decorator", "body", "changes", "found"),
    [
        ("@asynccontextmanager", f"{YIELDS}; {WALK}", LEAVE, 0),
        ("@asynccontextmanager", f"{WALK}; {YIELDS}", LEAVE, 1),
        ("", f"{YIELDS}; {WALK}", LEAVE, 1),
        ("", WALK, DROPS, 1),
    ],
    ids=["after the yield", "before it", "a generator of values", "a change after the yield"],
)
def test_what_a_context_manager_does_at_its_end(decorator: str, body: str, changes: str, found: int) -> None:
    """A false alarm, and missed ones."""
    text = written(MANAGER, DECORATOR=decorator, BODY=body, CHANGES=changes)
    assert told(text) == ["iterate-shared-across-await"] * found


@pytest.mark.parametrize("loops", ["ping", "_ping", "on_disconnect", "on_message"])
def test_an_event_of_one_of_many_is_no_end(loops: str) -> None:
    """Missed alarms."""
    assert told(written(LOOP, LOOPS=loops, HEAD=WALK, CHANGES=LEAVE)) == ["iterate-shared-across-await"]


ADDED = "async def _add(self, guest):; self.guests[guest.name] = guest"


@pytest.mark.parametrize(("caller", "found"), [("start", 0), ("enter", 1)])
def test_a_change_that_only_a_beginning_makes_is_over_by_then(caller: str, found: int) -> None:
    adds = f"{ADDED}\n\n        async def {caller}(self, guest):; await self._add(guest)"
    text = written(LOOP, LOOPS="ping", HEAD=WALK.replace("guests:", "guests.values():"), CHANGES=adds)
    assert told(text) == ["iterate-shared-across-await"] * found


@pytest.mark.parametrize(("change", "found"), [("stop(self)", 0), ("close(self, guest)", 1)])
def test_the_end_of_one_guest_is_not_the_end_of_all(change: str, found: int) -> None:
    text = written(LOOP, LOOPS="ping", HEAD=WALK, CHANGES=f"def {change}:; self.guests.clear()")
    assert told(text) == ["iterate-shared-across-await"] * found


def test_the_surest_change_counts() -> None:
    """A missed alarm: the first change in the file is made at the start."""
    changes = f"def start(self):; self.guests.clear()\n\n        {LEAVE}"
    assert told(written(LOOP, LOOPS="ping", HEAD=WALK, CHANGES=changes)) == ["iterate-shared-across-await"]


LEAVE_LATER, DROP = "async def leave(self, guest):", "self.guests.discard(guest)"
LOCKED = "async with self._lock:; {0}for guest in self.guests:; {0}{0}await guest.ping()".format(" " * 4)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (LEAVE, 1),
        ("async def leave(self, guest):; async with self._lock: self.guests.discard(guest)", 0),
        (
            "async def leave(self, guest):; async with self._lock: self._drop(guest)\n\n"
            "        def _drop(self, guest):; self.guests.discard(guest)",
            0,
        ),
        (f"{LEAVE_LATER}; await self._lock.acquire(); {DROP}; self._lock.release()", 0),
        (f"{LEAVE_LATER}; await self._lock.acquire(); self._lock.release(); {DROP}", 1),
    ],
    ids=["no lock", "the lock", "the lock of the caller", "by hand", "given back by then"],
)
def test_a_lock_around_the_loop_keeps_out_only_who_takes_it(changes: str, found: int) -> None:
    """A missed alarm, and false ones."""
    text = written(LOOP, LOOPS="ping", HEAD=LOCKED, CHANGES=changes)
    assert told(text) == ["iterate-shared-across-await"] * found


SAID = """
    GUESTS = {}

    async def ping():
        for guest in GUESTS.values():
            await guest.ping()

    async def change(guest):
        CHANGE
    """


@pytest.mark.parametrize(
    "change", ["GUESTS[guest.name] = guest", "del GUESTS[guest.name]", "GUESTS.pop(guest)"]
)
def test_what_changes_the_container_is_said_as_it_stands_there(change: str) -> None:
    """A message that showed no change, and a step that pointed at the loop."""
    checked = engine.check_texts({"module.py": textwrap.dedent(SAID.replace("CHANGE", change))})
    (finding,) = checked.findings("module.py")
    assert f"another task may run {change} before" in finding.message
    assert [step.span.line for step in finding.trail if step.words == change] == [8]


# --- what is checked, what is set -------------------------------------------------------------------------------

OPENED = """
    class Client:
        async def NAME(self, PARAMETERS):
            if self.socket is None:
                self.socket = await dial()

        OTHER
    """
SENDS = "async def send(self, text):; await self.connect()"
ASKED = {
    ("connect", "url=None"): 0,
    ("open_async", "*, pool=None"): 0,
    ("connect", "url"): 1,
    ("_connect", "url=None"): 1,
    ("on_started_web_server", ""): 0,
    ("on_connect", "event"): 1,
}


@pytest.mark.parametrize(("name", "parameters"), ASKED)
def test_who_opens_its_own_object_mostly_does_it_once(name: str, parameters: str) -> None:
    """False alarms; missed ones where one of several is opened, or for somebody else."""
    text = written(OPENED, NAME=name, PARAMETERS=parameters, OTHER="")
    assert told(text) == ["check-then-await"] * ASKED[name, parameters]


def test_who_opens_it_whenever_it_is_closed_does_it_at_any_time() -> None:
    """A missed alarm."""
    assert told(written(OPENED, NAME="connect", PARAMETERS="", OTHER=SENDS)) == ["check-then-await"]


TAKEN = """
    class Feed:
        async def publish(self, text):
            BODY

        async def NAME(self):
            self.socket = None
    """
CHECKED = "if self.socket is None: return; await self.log(text); self.socket.send(text)"
SET = "self.socket = Socket(); await self.log(text); self.socket.send(text)"


@pytest.mark.parametrize(("body", "found"), [(CHECKED, 1), (SET, 0)])
def test_what_a_function_has_just_put_there_is_mostly_its_own(body: str, found: int) -> None:
    assert told(written(TAKEN, BODY=body, NAME="leave")) == ["checked-then-reset"] * found


@pytest.mark.parametrize("name", ["start", "run", "shutdown", "connect"])
def test_nobody_uses_it_yet_or_any_more(name: str) -> None:
    """False alarms."""
    assert told(written(TAKEN, BODY=CHECKED, NAME=name)) == []


WHOLE_END = """
    class Feed:
        async def publish(self, text):
            BODY

        async def NAME:
            self.socket = None
    """
ENDS = {
    "async_cleanup(self)": 0,
    "_teardown(self)": 0,
    "aclose(self, timeout=9)": 0,
    "dispose(self)": 0,
    "__aexit__(self, *error)": 0,
    "cleanup(self, name)": 1,
    "cleanup_expired(self)": 1,
    "teardown_connection(self)": 1,
    "close(self)": 1,
    "stop(self)": 1,
}


@pytest.mark.parametrize("name", ENDS)
def test_an_end_as_a_whole_comes_after_all_tasks(name: str) -> None:
    """False alarms; missed ones where a part ends, or what can be opened again."""
    assert told(written(WHOLE_END, BODY=CHECKED, NAME=name)) == ["checked-then-reset"] * ENDS[name]


def test_who_surely_takes_it_away_is_told_of() -> None:
    """A missed alarm: the first function that takes it away does so at the start."""
    text = (
        written(TAKEN, BODY=CHECKED, NAME="start")
        + "\n        def leave(self):\n            self.socket = None\n"
    )
    assert told(text) == ["checked-then-reset"]


# --- values -----------------------------------------------------------------------------------------------------

UPDATE = """
    class Meter:
        async def update(self, amount):
            BODY
    """
LOSES = {
    "n = self.n; await log(); self.n = min(self.n, n + 1)": 0,
    "n = self.n; await log(); self.n = which(n)": 0,
    "n = which(self.n); await log(); self.n = n": 0,
    "n = list(self.n); await log(); n.extend(amount); self.n = n": 1,
    "n = self.n; await log(); self.n = merge(n, amount)": 1,
    "n = bytearray(self.n.read()); n.extend(await self.socket.recv()); self.n = Buffer(n)": 0,
    "n = self.n; part = await self.read(9); self.n = n + part": 0,
    "n = self.n; part = await amount.read(9); self.n = n + part": 1,
}


@pytest.mark.parametrize("body", LOSES)
def test_which_updates_are_lost(body: str) -> None:
    """False alarms: values that settle, and what one reader of a stream keeps; missed ones beside them."""
    assert told(written(UPDATE, BODY=body)) == ["stale-write-after-await"] * LOSES[body]


ASKS = """
    class File:
        async def use(self, key):
            FILL

        async def drop(self):
            LAST
    """
ANSWERS = {
    ("if self.node is None: self.node = await self.client.get_child('a')", "self.node = None"): 0,
    ("if self.version is None: info = await self.redis.info(); self.version = info.number", "..."): 0,
    ("if self.node is None: self.node = await self.client.get_session()", "await self.node.close()"): 1,
    ("if self.node is None: self.node = await self.client.create()", "..."): 1,
    ("if key not in self.nodes: self.nodes[key] = await self.client.get_child(key)", "..."): 1,
}


@pytest.mark.parametrize(("fill", "last"), ANSWERS)
def test_everybody_is_given_the_same_answer(fill: str, last: str) -> None:
    """False alarms, and missed ones: what must be given back, what is made, what is asked for each key."""
    text = ASKS.replace("FILL", fill).replace("LAST", last)
    assert told(text) == ["check-then-await"] * ANSWERS[fill, last]


def test_an_event_that_is_cleared_again_holds_nothing() -> None:
    """A false alarm."""
    body = (
        "while self.on:; {0}if await self.wait(self.begun):; {0}{0}self.begun.clear(); {0}self.begun.clear()"
    )
    assert told(written(UPDATE, BODY=body.format(" " * 4))) == []


def test_what_was_read_is_not_what_is_waited_for() -> None:
    """A false alarm: a reader that looks up who is meant by what it read."""
    text = """
        class Connection:
            async def pump(self):
                while True:
                    frame = await self.read_frame()
                    if frame.data in self.pings:
                        self.pings.pop(frame.data).set_result(frame)

            def ping(self, data, future):
                self.pings[data] = future
        """
    assert told(text) == []


GUARDS = """
    class Game:
        async def step(self, move):
            if FIRST:
                raise RuntimeError("over")
            if SECOND:
                raise RuntimeError("not begun")
            await self.play(move)
            self.board = self.look()
            self.over = self.is_over()
            self.moves[move] = self.board
    """


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("self.over", "self.board is None", ["self.over"]),
        ("self.over", "move in self.moves", ["self.over", "self.moves[move]"]),
        ("self.board is None", "self.rules is None", []),
    ],
)
def test_a_check_that_another_one_spares_is_no_race(first: str, second: str, found: list[str]) -> None:
    """A false alarm: a board that is there stays there, and only the end of the game turns the second player away. And
    missed ones: each check is asked for itself."""
    text = textwrap.dedent(GUARDS.replace("FIRST", first).replace("SECOND", second))
    findings = engine.check_texts({"module.py": text}, Settings(select=RACES)).findings("module.py")
    assert [finding.message.split("before ")[1].split(" is written")[0] for finding in findings] == found
