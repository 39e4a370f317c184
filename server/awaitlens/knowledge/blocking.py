"""Calls that hold up the thread they run in, and so the whole loop when that thread is the loop's.

Source: `blocking.tsv`; each name was looked up in the version its last column gives, and is looked up again by the
tests wherever the package is installed. "Blocks" means waits for something outside the process, for another thread,
or computes long enough to notice. Confidence: "high" waits by its nature; "medium" usually, or depends on a setting
that cannot be seen (a non-blocking socket, an unbounded queue); "low" takes microseconds on a local disk, or only
matters for large inputs: worth a hint at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from awaitlens.knowledge.aliases import canonical
from awaitlens.knowledge.tables import lines
from awaitlens.knowledge.types import lookups


class Unless(NamedTuple):
    """An argument that makes the call return at once.

    The argument stands at `position` (-1: keyword only) or goes by `keyword`. `value` is a constant as Python writes
    it ("False", "0", "None"), a dotted name that occurs in the argument ("os.WNOHANG", also inside `a | b`), or
    "absent" where leaving the argument out has that effect. `x=0` also stands for `x=0.0`.
    """

    position: int
    keyword: str
    value: str


class BlockingCall(NamedTuple):
    """A call that blocks.

    `name` is canonical: "requests.get", "sqlite3.Cursor.execute"; it is the row's name, so an inherited method shows
    the class that defines it, and a row for a whole object ends in ".*" (its methods) or ".**" (anything below it).
    `category` is one word: sleep http db file path socket dns subprocess process-wait cache cloud mq django lock queue
    future executor thread mp mail ssh stdin cpu log loop ldap grpc tls scheduler.
    `reason` completes "it ...": "waits for the whole HTTP exchange".
    `alternative` is the dotted name of the asynchronous way, "" where there is none; methods of the running loop stand
    under asyncio.AbstractEventLoop. `package` is what it needs installed, as a requirement, "" for the standard library
    and for what the call's own package brings along in any version. `swap` says how it takes the call's place:

    - "same call": `await alternative(...)` with the same arguments
    - "same method": the method of that name and with these arguments, awaited, on an object of the asynchronous class
    - "thread": `await alternative(call's function, ...)`; asgiref.sync.sync_to_async takes the function alone first
    - "other": another API altogether; the code around has to change
    - "": there is no alternative
    """

    name: str
    category: str
    reason: str
    alternative: str
    package: str
    confidence: str
    unless: tuple[Unless, ...]
    swap: str
    checked: str

    @property
    def awaitable_twin(self) -> bool:
        """Whether `await alternative(same arguments)` does the same."""
        return self.swap == "same call"


@lru_cache(maxsize=8192)
def blocking_call(name: str) -> BlockingCall | None:
    """What is known of a call by its dotted name (canonical or not): None for calls that do not block, or are unknown.

    Methods are found on the base classes that the tables know; loop over your own classes' bases yourself.
    """
    table, name = _rows(), canonical(name)
    for candidate in _candidates(name):
        line = table.get(candidate)
        if line is not None:
            row = _parse(line)
            return row if row.category != "none" else None
    return None


def rows() -> tuple[BlockingCall, ...]:
    """All rows, those of category "none" included."""
    return tuple(_parse(line) for line in _rows().values())


def _candidates(name: str) -> Iterator[str]:
    """Class by class the method and then the class's wildcard; then what speaks for everything below an object.

    Wildcards do not speak for statements: making a client a context manager costs nothing.
    """
    owner, _, member = name.rpartition(".")
    if member.startswith("__"):
        yield from lookups(name)
        return
    for candidate in lookups(name):
        yield candidate
        yield f"{candidate.rpartition('.')[0]}.*"
    yield f"{owner}.**"
    while "." in owner:
        owner = owner.rpartition(".")[0]
        yield f"{owner}.**"


@lru_cache(maxsize=1)
def _rows() -> dict[str, str]:
    return {line.partition("\t")[0]: line for line in lines("blocking")}


def _parse(line: str) -> BlockingCall:
    name, category, reason, alternative, package, confidence, unless, swap, checked = line.split("\t")
    conditions = tuple(_condition(text) for text in unless.split())
    return BlockingCall(
        name, category, reason, alternative, package, confidence, conditions, swap, checked
    )  # fmt: skip


def _condition(text: str) -> Unless:
    position, _, rest = text.partition(":")
    keyword, _, value = rest.partition("=")
    return Unless(int(position), keyword, value)
