"""What a term may stand for, as far as the program text tells."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge.coroutines import Kind


class Module(NamedTuple):
    """A module: of the program where `path` is known, else outside it."""

    name: str
    path: str = ""


class Class(NamedTuple):
    """A class by its dotted name; `path` and `qualname` say where it stands if it is the program's own."""

    name: str
    path: str = ""
    qualname: str = ""


class Function(NamedTuple):
    """A function or method of the program. `receiver` is what it is bound to, None for a plain function.

    `wrapped` is true behind a decorator that may make something else of the result.
    """

    name: str
    path: str
    qualname: str
    receiver: Value | None = None
    wrapped: bool = False


class External(NamedTuple):
    """Something outside the program by its dotted name: a function, a class, a constant; `name` is canonical."""

    name: str


class Instance(NamedTuple):
    """An object of a class; `arguments` are its type arguments, such as the elements' type of a list."""

    cls: Class
    arguments: tuple[Value, ...] = ()


class Coroutine(NamedTuple):
    """A coroutine object that nobody has awaited yet, and what awaiting it gives."""

    result: Value


class Manager(NamedTuple):
    """What a @contextmanager or @asynccontextmanager function returns, and what entering it gives."""

    result: Value
    is_async: bool


class Partial(NamedTuple):
    """functools.partial(function, ...)."""

    function: Value


class Adapted(NamedTuple):
    """A function that changed colour: sync_to_async(f) is "async", async_to_sync(f) is "sync"."""

    function: Value
    colour: str
    adapter: str


class Alias(NamedTuple):
    """A name for a type that is no class, such as `Optional[Row]`: what an object annotated with it is."""

    declared: Value


class Nothing(NamedTuple):
    """Not known."""


Value: TypeAlias = (
    Module
    | Class
    | Function
    | External
    | Instance
    | Coroutine
    | Manager
    | Partial
    | Adapted
    | Alias
    | Nothing
)
NOTHING = Nothing()
NONE = Instance(Class("NoneType"))


class Description(NamedTuple):
    """What is known of calling something outside the program that no table lists: what it gives, in the words of
    `knowledge`, and the value in the end (see types.returns)."""

    kind: Kind = "unknown"
    result: Value = NOTHING


UNDESCRIBED = Description()


class Inferred(NamedTuple):
    """A value and how surely it is that one."""

    value: Value
    confidence: Confidence = "certain"

    def because_of(self, confidence: Confidence) -> Inferred:
        return self if confidence == "certain" else Inferred(self.value, weakest(self.confidence, confidence))

    def holding(self, value: Value) -> Inferred:
        return Inferred(value, self.confidence)

    @property
    def is_various(self) -> bool:
        return isinstance(self.value, Nothing) and self.confidence != "possible"

    def __bool__(self) -> bool:
        return not isinstance(self.value, Nothing)


NOT_KNOWN = Inferred(NOTHING, "possible")
VARIOUS = Inferred(NOTHING, "certain")
"""Known to be now this, now that: `Reader | AsyncReader`."""


def join(candidates: list[Inferred]) -> Inferred:
    """The one value that all known candidates agree on. Unknown candidates lower the confidence, others veto.

    A coroutine is only known where every candidate is one: the others may be plain results. What is None at times is used
    when it is not.
    """
    if len(candidates) == 1 and candidates[0]:
        return candidates[0]
    there = [candidate for candidate in candidates if candidate.value != NONE]
    if 0 < len(there) < len(candidates):
        found = join(there).because_of("likely")
        return NOT_KNOWN if isinstance(found.value, Coroutine) else found
    if any(candidate.is_various for candidate in candidates):
        return VARIOUS
    known = [candidate for candidate in candidates if candidate]
    if not known:
        return NOT_KNOWN
    if any(candidate.value != known[0].value for candidate in known[1:]):
        return VARIOUS
    if isinstance(known[0].value, Coroutine) and len(known) < len(candidates):
        return NOT_KNOWN
    confidence = weakest(*(candidate.confidence for candidate in known))
    return Inferred(
        known[0].value, confidence if len(known) == len(candidates) else weakest(confidence, "likely")
    )
