"""Which calls hold up the event loop from the function they stand in, and which pitfall speaks of each.

One pitfall per place: `time.sleep` is blocking-sleep's, what Django's tables know is orm-call-in-async's and
sync-django-api-in-async's, a second loop is nested-event-loop's, a lock held over an await sync-lock-across-await's.
The rest is told apart here by what is waited for. A call of the program's own function that comes to one of these is
blocking-call-chain's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge.blocking import BlockingCall
from awaitlens.program.facts import Attribute, Call, Facts, Scope
from awaitlens.program.summaries import Chain, certainty, spelled
from awaitlens.program.view import View

HTTP = frozenset({"http", "cloud", "grpc"})
SUBPROCESSES = frozenset({"subprocess", "process-wait"})
FILES = frozenset({"file", "path"})
PEOPLE = frozenset({"stdin"})
STORES = frozenset({"db", "cache", "mq"})
THREADS = frozenset({"lock", "queue", "future", "executor", "thread", "mp", "scheduler"})
NETWORK = frozenset({"socket", "dns", "tls", "mail", "ssh", "ldap"})
COMPUTATION = frozenset({"cpu"})

_TEST_FILE = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")


class Blocked(NamedTuple):
    """A call in a function that the loop runs. `name` is how the user spells what it calls."""

    call: Call
    function: Scope
    row: BlockingCall
    name: str
    confidence: Confidence

    @property
    def message(self) -> str:
        return f"{self.name}() blocks the event loop: it {self.row.reason}"


def direct(facts: Facts, view: View, categories: frozenset[str]) -> Iterator[Blocked]:
    """The calls in async functions that block by themselves, by what they wait for."""
    if is_test(view.path):
        return
    for function in facts.async_functions():
        for call in facts.calls_in(function.number):
            chain = view.blocking(call)
            if chain is None or len(chain.hops) > 1 or chain.blocking is None:
                continue
            row = chain.blocking
            if row.category in categories and not _returns_at_once(call, row, facts, view):
                confidence = weakest(chain.confidence, certainty(row))
                yield Blocked(call, function, row, spelled(chain.name, call, facts), confidence)


def is_test(path: str) -> bool:
    """Whether the file holds tests: there a blocked loop holds up nobody."""
    return _TEST_FILE.search(path) is not None


def chain_of(call: Call, view: View) -> Chain | None:
    """How a call comes to block through functions of the program; None for calls that block by themselves."""
    chain = view.blocking(call)
    return chain if chain is not None and (len(chain.hops) > 1 or chain.blocking is None) else None


def _returns_at_once(call: Call, row: BlockingCall, facts: Facts, view: View) -> bool:
    """Whether the code around makes sure that there is nothing left to wait for."""
    if row.category == "future":
        return _is_done(call, facts)
    if row.category == "socket" and row.name.startswith("socket.socket."):
        return any(_sets_timeout(other) for other in facts.calls)
    return False


def _is_done(call: Call, facts: Facts) -> bool:
    """`future.result()` in a function that asks `future.done()`, or that takes it out of what `wait` returned."""
    if not isinstance(call.callee, Attribute):
        return False
    owner = call.callee.value
    return any(
        other.callee in (Attribute(owner, "done"), Attribute(owner, "exception"))
        and other.number != call.number
        for other in facts.calls_in(call.scope)
    )


def _sets_timeout(call: Call) -> bool:
    return isinstance(call.callee, Attribute) and call.callee.attr in ("setblocking", "settimeout")
