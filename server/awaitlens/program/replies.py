"""Who asks, and is ready for the answer only afterwards: the await of the sending lets the answer overtake him."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.facts import (
    Access,
    Attribute,
    Call,
    Facts,
    Item,
    Name,
    Result,
    Suspension,
    Term,
)
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_SENDS = (
    *("send", "send_json", "send_text", "send_str", "send_bytes", "send_message", "send_command", "sendall"),
    *("send_request", "sock_sendall", "write", "publish", "drain", "emit", "request"),
)
_LISTENS = (
    *("subscribe", "async_subscribe", "add_listener", "async_listen", "async_listen_once", "add_callback"),
    *("add_handler", "add_reply_listener", "register_listener", "register_handler", "register_callback"),
)
_WAITS = ("wait_for", "wait", "get", "join", "result", "timeout")


class Late(NamedTuple):
    """`ready` is the statement that would let the answer in, `sent` the await before it.

    `table` is what the future goes into and `reader` the method that looks for it there; both are "" for a listener.
    `first` are the spans of the statements that must come before the send, in order.
    """

    ready: Span
    sent: Span
    table: str
    reader: str
    first: tuple[Span, ...]


def late_replies(facts: Facts, view: View) -> Iterator[Late]:
    for access in facts.accesses:
        place = access.place
        if access.kind != "write" or not isinstance(place, Item) or not _is_future(access, facts):
            continue
        sent = _sent_before(access.scope, access.context, access.span, facts)
        reader = _reader(place.value, access, facts, view)
        if sent is not None and reader:
            table = facts.slice(access.span).partition("[")[0]
            first = (*_made_between(access.value, access.scope, sent, facts), access.span)
            yield Late(access.span, sent.span, table, reader, first)
    for call in facts.calls:
        sent = _sent_before(call.scope, call.context, call.span, facts) if _listens(call) else None
        if sent is not None and _is_of_one(sent, call, facts) and _waits_later(call, facts):
            yield Late(call.span, sent.span, "", "", (call.span,))


def _is_future(access: Access, facts: Facts) -> bool:
    """Whether a new future is written, or a local name of one."""
    value = access.value
    if isinstance(value, Name):
        bound = [b.value for b in facts.bindings if b.scope == access.scope and b.name == value.id]
        value = bound[0] if len(bound) == 1 else value
    return isinstance(value, Result) and _last(facts.calls[value.call].callee) in ("create_future", "Future")


def _made_between(value: Term, scope: int, sent: Suspension, facts: Facts) -> Iterator[Span]:
    """The statement that makes the future, where that stands below the send too."""
    for binding in facts.bindings if isinstance(value, Name) else ():
        if binding.scope == scope and binding.name == getattr(value, "id", "") and sent.span < binding.span:
            yield binding.span


def _sent_before(scope: int, context: int, span: Span, facts: Facts) -> Suspension | None:
    """The send that stands above, in a suite around the place."""
    around = {-1, *(each.number for each in facts.enclosing(context))}
    return next(
        (
            s
            for s in facts.suspensions
            if s.scope == scope and s.span < span and s.context in around and _sends(s, facts)
        ),
        None,
    )


def _sends(suspension: Suspension, facts: Facts) -> bool:
    operand = suspension.operand
    callee = facts.calls[operand.call].callee if isinstance(operand, Result) else None
    return isinstance(callee, Attribute) and callee.attr.lstrip("_") in _SENDS


def _reader(table: Term, access: Access, facts: Facts, view: View) -> str:
    """Another method of the class that takes futures out of the table; "" where there is none."""
    for _, block in view.class_blocks(facts.owner, getattr(table, "attr", "")):
        for call in block.calls:
            callee = call.callee
            takes = isinstance(callee, Attribute) and callee.attr in ("pop", "get") and callee.value == table
            if takes and not (block is facts and call.scope == access.scope):
                return block.scopes[call.scope].name
    return ""


def _listens(call: Call) -> bool:
    return _last(call.callee).lstrip("_") in _LISTENS and bool(call.arguments)


def _is_of_one(sent: Suspension, call: Call, facts: Facts) -> bool:
    """Whether what is sent on and what is listened to are one object, or parts of one."""
    operand = sent.operand
    sender = facts.calls[operand.call].callee if isinstance(operand, Result) else None
    owners = [term.value for term in (sender, call.callee) if isinstance(term, Attribute)]
    return len(owners) == 2 and owners[0] == owners[1]


def _waits_later(call: Call, facts: Facts) -> bool:
    """Whether the function then waits for what the listener is to bring: a future, an event, a queue."""
    for suspension in facts.suspensions:
        if suspension.scope != call.scope or suspension.span <= call.span:
            continue
        operand = suspension.operand
        if isinstance(operand, Name):
            return True
        if isinstance(operand, Result) and _last(facts.calls[operand.call].callee) in _WAITS:
            return True
    return False


def _last(term: Term) -> str:
    return term.attr if isinstance(term, Attribute) else getattr(term, "id", "")
