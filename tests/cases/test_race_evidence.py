"""How sure a race is: what real code does that looks like one, and in which only one task comes by."""

from __future__ import annotations

import textwrap

import pytest

from awaitlens import engine
from awaitlens.settings import Settings

RACES = frozenset(
    {"stale-write-after-await", "check-then-await", "checked-then-reset", "iterate-shared-across-await"}
)


def told(*texts: str) -> list[str]:
    files = {f"module{n or ''}.py": textwrap.dedent(text) for n, text in enumerate(texts)}
    checked = engine.check_texts(files, Settings(select=RACES))
    return [finding.pitfall for finding in checked.findings("module.py")]


SUBSCRIBER = """
    class Push(Base):
        async def _subscribe(self):
            if self.subscription is None:
                self.subscription = await self.client.subscribe(self.subject)
    """


@pytest.mark.parametrize(("caller", "expected"), [("start", []), ("get", ["check-then-await"])])
def test_who_calls_a_private_method_may_stand_in_the_base_class(caller: str, expected: list[str]) -> None:
    """A false alarm where only the start of an object calls it, a missed one where others do."""
    base = f"class Base:\n    async def {caller}(self):\n        await self._subscribe()\n"
    assert told(SUBSCRIBER, base) == expected


def test_a_private_method_that_nobody_is_seen_to_call_counts_as_called_by_others() -> None:
    assert told(SUBSCRIBER) == ["check-then-await"]


TAKEN_BACK = """
    class Feed:
        async def publish(self, key, text):
            if self.socket is not None and key in self.clients:
                await self.log(text)
                BODY

        def NAME(self):
            LOSS
    """


@pytest.mark.parametrize("name", ["initialize", "plugin_init", "init_for_request", "setup", "postinit"])
def test_who_sets_an_object_up_takes_nothing_from_others(name: str) -> None:
    """False alarms."""
    text = TAKEN_BACK.replace("BODY", "self.socket.send(text)").replace("LOSS", "self.socket = None")
    assert told(text.replace("NAME", name)) == []
    assert told(text.replace("NAME", "leave")) == ["checked-then-reset"]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("self.clients[self.name].clear()", []),  # An event, or a container of its own: the item stays.
        ("self.clients.clear()", ["checked-then-reset"]),
    ],
)
def test_what_is_emptied_itself_is_still_there(loss: str, expected: list[str]) -> None:
    text = TAKEN_BACK.replace("BODY", "self.clients[key].set()")
    assert told(text.replace("NAME", "leave").replace("LOSS", loss)) == expected


def test_one_gap_is_told_of_once() -> None:
    """Whoever repairs the first use keeps what the others need, too."""
    text = TAKEN_BACK.replace("BODY", "self.socket.send(text)\n                self.socket.flush()")
    assert told(text.replace("NAME", "leave").replace("LOSS", "self.socket = None")) == ["checked-then-reset"]


NO_UPDATE_LOST = {
    "a question answered twice": """
        class Files:
            async def write(self, name, text):
                is_new = name not in self.files
                file = self.files[name] if not is_new else File(name)
                await file.write(text)
                if is_new:
                    self.files[name] = file

            def forget(self, name):
                self.files[name] = None
        """,
    "a token that an await gives for the old one": """
        class Auth:
            async def renew(self):
                token = self.token.get()
                fresh = await self.fetch(token)
                self.token = Secret(fresh)
        """,
    "an object of one request, by its base": """
        class Stream: ...

        class Http(Stream):
            async def respond(self, data):
                left = self.left - len(data)
                await self.send(data)
                self.left = left
        """,
    "what a request is processed by": """
        class RequestProcessing:
            async def retry(self):
                data = self.data
                await self.wait()
                self.data = data + [1]
        """,
    "a condition called a guard": """
        class Vault:
            async def expire(self):
                async with self._guard:
                    await self._expire()

            async def _expire(self):
                for key in list(self.current):
                    await self.flush(key)
                    del self.current[key]

            async def invalidate(self, key):
                async with self._guard:
                    del self.current[key]
        """,
}


@pytest.mark.parametrize("name", NO_UPDATE_LOST)
def test_no_update_is_lost(name: str) -> None:
    """False alarms read on real code."""
    assert told(NO_UPDATE_LOST[name]) == []


# --- several tasks of one nested function --------------------------------------------------------------------


NESTED = """
    import asyncio

    async def main(urls, queue):
        done = 0

        async def one(url):
            nonlocal done
            BODY

        START
        return done
    """
COUNTS = "n = done; await fetch(url); done = n + 1"


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("await asyncio.gather(*[one(url) for url in urls])", 1),
        ("await asyncio.wait([asyncio.create_task(one(url)) for url in urls])", 1),
        (
            "async with asyncio.TaskGroup() as group:\n            for url in urls: group.create_task(one(url))",
            1,
        ),
        ("jobs = []\n        for url in urls: jobs.append(one(url))\n        await asyncio.gather(*jobs)", 1),
        ("for url in urls: await one(url)", 0),
        ("await asyncio.create_task(one(urls[0]))", 0),
    ],
)
@pytest.mark.parametrize("body", [COUNTS, f"while True:\n                url = await queue.get(); {COUNTS}"])
def test_a_variable_that_nested_coroutines_share(start: str, found: int, body: str) -> None:
    """Missed alarms where several run at once, also those that never end; false ones where one does."""
    text = textwrap.dedent(
        NESTED.replace("START", start).replace(
            "BODY", body.replace("; ", "\n            " + " " * 4 * ("while" in body))
        )
    )
    assert told(text) == ["stale-write-after-await"] * found


# --- two readers ----------------------------------------------------------------------------------------------


READERS = """
    class Connection:
        async def response(self, key):
            LOOP

        async def pump(self):
            READ

        async def watch(self):
            self.changed.wait()
    """
ASKS = "while key not in self.events:\n            await self.pump()\n        return self.events.pop(key)"
ASKS_INSIDE = (
    "while True:\n            if key in self.events:\n                return self.events.pop(key)\n"
    "            event = await self.pump()\n            self.events[event.key] = event"
)


@pytest.mark.parametrize("loop", [ASKS, ASKS_INSIDE])
@pytest.mark.parametrize(
    ("read", "found"),
    [
        ("for event in await self.socket.recv(): self.events[event.key] = event", 1),
        ("return await self.reader.readline()", 1),
        ("async with self._lock: self.events[0] = await self.socket.recv()", 0),
        ("await self.changed.wait()", 0),
    ],
)
def test_who_reads_may_be_the_function_that_is_called(loop: str, read: str, found: int) -> None:
    """Missed alarms, and false ones: a read under a lock of its own, a wait that takes nothing."""
    text = textwrap.dedent(READERS.replace("LOOP", loop.replace("\n", "\n    ")).replace("READ", read))
    select = Settings(select=frozenset({"two-readers-of-one-stream"}))
    filled = text + "\n    def put(self, event):\n        self.events[event.key] = event\n"
    assert len(engine.check_texts({"module.py": filled}, select).findings("module.py")) == found


PASSED_OVER = {
    "with contextlib.suppress(Exception): self.socket.send(text)": [],
    "try: self.socket.send(text)\n                except Exception: pass": [],
    "try: self.socket.send(text)\n                except OSError: pass": ["checked-then-reset"],
    "try: self.socket.send(text)\n                except Exception: self.failed(text)": [
        "checked-then-reset"
    ],
}


@pytest.mark.parametrize("use", PASSED_OVER)
def test_a_failure_that_is_passed_over_harms_nobody(use: str) -> None:
    """False alarms, and missed ones where another failure is passed over."""
    text = TAKEN_BACK.replace("BODY", use).replace("NAME", "leave").replace("LOSS", "self.socket = None")
    assert told(text) == PASSED_OVER[use]


def test_what_only_a_failure_takes_away_mostly_stays() -> None:
    loss = "try: self.fill()\n            except OSError: self.socket = None"
    text = TAKEN_BACK.replace("BODY", "self.socket.send(text)").replace("NAME", "leave").replace("LOSS", loss)
    assert told(text) == []


def test_two_methods_of_an_object_of_one_task_follow_each_other() -> None:
    text = """
        class Stream: ...

        class Http(Stream):
            async def respond(self, data):
                left = self.left - len(data)
                await self.send(data)
                self.left = left

            async def head(self, data):
                self.left = len(data)
                await self.send(data)
        """
    assert told(text) == []


# --- a queue that is never full -------------------------------------------------------------------------------


PUTS = """
    import asyncio

    class Hub:
        def __init__(self, queue):
            self.subs = HELD
            self.log = MADE

        async def tell(self, event):
            for guest in self.subs:
                await WHERE.put(event)

        def join(self, given):
            queue = MADE
            self.subs.add(PUT)

        def leave(self, queue):
            self.subs.discard(queue)
    """
FULL = {
    ("asyncio.Queue()", "guest", "queue"): 0,
    ("asyncio.Queue(maxsize=0)", "guest", "queue"): 0,
    ("asyncio.LifoQueue()", "self.log", "queue"): 0,
    ("asyncio.Queue(9)", "guest", "queue"): 1,
    ("asyncio.Queue(maxsize=size)", "self.log", "queue"): 1,
    ("asyncio.Queue()", "guest", "given"): 1,
    ("asyncio.Queue()", "self.other", "queue"): 1,
    ("multiplexed.Queue()", "self.log", "queue"): 1,
}


@pytest.mark.parametrize(("made", "where", "put"), FULL)
def test_a_put_waits_only_where_the_queue_can_be_full(made: str, where: str, put: str) -> None:
    """False alarms; missed ones where it has a bound, or nobody knows who made it."""
    text = PUTS.replace("MADE", made).replace("WHERE", where).replace("PUT", put)
    text = text.replace("HELD", "set()")
    assert told(text) == ["iterate-shared-across-await"] * FULL[made, where, put]


@pytest.mark.parametrize(("held", "found"), [("WeakSet()", 0), ("load()", 1), ("{*old}", 1)])
def test_a_container_that_begins_with_others_may_hold_full_ones(held: str, found: int) -> None:
    text = PUTS.replace("MADE", "asyncio.Queue()").replace("WHERE", "guest").replace("PUT", "queue")
    assert told(text.replace("HELD", held)) == ["iterate-shared-across-await"] * found


OF_A_FUNCTION = """
    import asyncio

    class Meter:
        async def count(self, n, given=None):
            queue = asyncio.Queue(SIZE)
            if given is None:
                given = asyncio.Queue()
            now = self.total
            await WHERE.put(n)
            self.total = now + n
    """


@pytest.mark.parametrize(("size", "where", "found"), [("", "queue", 0), ("9", "queue", 1), ("", "given", 1)])
def test_an_update_over_such_a_put_loses_nothing(size: str, where: str, found: int) -> None:
    assert (
        told(OF_A_FUNCTION.replace("SIZE", size).replace("WHERE", where))
        == ["stale-write-after-await"] * found
    )


FILLED = """
    class Listeners:
        async def add(self, channel, callback):
            CHECK
                await self.listen(channel)
                WRITE
            USE
    """


@pytest.mark.parametrize(
    ("check", "write", "use", "found"),
    [
        ("if channel not in self.all:", "self.all[channel] = []", "self.all[channel].append(callback)", 1),
        ("if self.all is None:", "self.all = {}", "self.all[channel] = callback", 1),
        ("if not self.all:", "self.all = await self.connect()", "self.all.timeout = 5", 1),
        ("if not self.all:", "self.all = {}", "del self.all[channel]", 0),
        ("if channel not in self.all:", "self.all[channel] = []", "self.all = self.all.copy()", 0),
    ],
    ids=["an element of it", "an item", "an attribute", "one less", "another one"],
)
def test_what_something_was_put_into_is_still_there(check: str, write: str, use: str, found: int) -> None:
    """Missed alarms: the second task makes another list, and the first one's callback is lost with its own. And false ones."""
    text = FILLED.replace("CHECK", check).replace("WRITE", write).replace("USE", use)
    assert told(text) == ["check-then-await"] * found
