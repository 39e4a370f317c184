"""Whoever asks before he listens can miss the answer.

Sending waits, and other tasks run meanwhile. If the answer is fast, the one that reads it looks for the future that
belongs to it, and there is none yet. The asker then waits for an answer that has been and gone.

## Bad

```python
class Client:
    async def call(self, id, text):
        reply = asyncio.get_running_loop().create_future()
        await self.socket.send(text)
        self.pending[id] = reply
        #^^^^^^^^^^^^^^^ self.pending is filled after the send
        return await reply

    async def read(self):
        async for message in self.socket:
            self.pending.pop(message.id).set_result(message)
```

## Fine: ready before it is asked

```python
class Client:
    async def call(self, id, text):
        reply = asyncio.get_running_loop().create_future()
        self.pending[id] = reply
        await self.socket.send(text)
        return await reply

    async def read(self):
        async for message in self.socket:
            self.pending.pop(message.id).set_result(message)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Access, Attribute, Facts, Item, Name, Result, Suspension, Term
from awaitlens.program.view import View

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True

_SENDS = (
    *("send", "send_json", "send_text", "send_str", "send_bytes", "send_message", "send_command", "sendall"),
    *("sock_sendall", "write", "publish", "drain", "emit"),
)


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for access in facts.accesses:
        place = access.place
        if (
            access.kind != "write"
            or not isinstance(place, Item)
            or not _is_future(access.value, access.scope, facts)
        ):
            continue
        sent = next(
            (s for s in facts.suspensions if _sends(s, facts) and _comes_before(s, access, facts)), None
        )
        reader = _reader(place.value, access, facts, view)
        if sent is not None and reader:
            table = facts.slice(access.span).partition("[")[0]
            steps = (
                Step(sent.span, "sends, and waits", lane="task 1"),
                Step(sent.span, f"{reader}() gets the answer, and finds nobody waiting", lane="task 2"),
                Step(access.span, f"puts the future into {table}", lane="task 1"),
            )
            message = f"{table} is filled after the send: an answer that {reader}() gets before that finds nobody waiting"
            yield Finding(access.span, message, "likely", steps)


def _is_future(value: Term, scope: int, facts: Facts) -> bool:
    """Whether a value is a new future, or a local name of one."""
    if isinstance(value, Name):
        bound = [b.value for b in facts.bindings if b.scope == scope and b.name == value.id]
        return len(bound) == 1 and not isinstance(bound[0], Name) and _is_future(bound[0], scope, facts)
    callee = facts.calls[value.call].callee if isinstance(value, Result) else None
    return getattr(callee, "attr", getattr(callee, "id", "")) in ("create_future", "Future")


def _sends(suspension: Suspension, facts: Facts) -> bool:
    operand = suspension.operand
    callee = facts.calls[operand.call].callee if isinstance(operand, Result) else None
    return isinstance(callee, Attribute) and callee.attr.lstrip("_") in _SENDS


def _comes_before(sent: Suspension, access: Access, facts: Facts) -> bool:
    """Whether the send stands above the write, in a suite around it."""
    around = {-1, *(context.number for context in facts.enclosing(access.context))}
    return sent.scope == access.scope and sent.span < access.span and sent.context in around


def _reader(table: Term, access: Access, facts: Facts, view: View) -> str:
    """Another method of the class that takes futures out of the table; "" where there is none."""
    for _, block in view.class_blocks(".".join(facts.owner), getattr(table, "attr", "")):
        for call in block.calls:
            callee = call.callee
            takes = isinstance(callee, Attribute) and callee.attr in ("pop", "get") and callee.value == table
            if takes and not (block is facts and call.scope == access.scope):
                return block.scopes[call.scope].name
    return ""


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    return Patch("Register first", "show", advice="Put the future into the table before the send.")
