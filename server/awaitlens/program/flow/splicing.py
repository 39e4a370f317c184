"""A flow with events put in that its own text does not show: what a function it calls does to a place for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awaitlens.program.flow.model import Event, Flow, Value

Events = Mapping[int, Sequence[Event]]


def spliced(flow: Flow, before: Events, after: Events, stands_for: Mapping[int, Value]) -> Flow:
    """The flow with events put in before and after those of the given numbers; the new ones speak in old numbers, too.

    `stands_for` says which value an awaited event gives, in the numbers of `after`'s and `before`'s events: a read that
    is put in has the number of the event that it belongs to.
    """
    numbers, read_at, total = {}, {}, 0
    for number in range(len(flow.events)):
        first = total
        total += len(before.get(number, ()))
        numbers[number] = total
        total += 1 + len(after.get(number, ()))
        read_at[number] = first if number in before else numbers[number] + 1
    starts = {number: numbers[number] - len(before.get(number, ())) for number in numbers}

    def moved(value: Value) -> Value:
        given = stands_for.get(value.event) if value.kind == "awaited" else None
        if given is not None:
            return given._replace(event=read_at[value.event])
        event = numbers[value.event] if value.event >= 0 else -1
        return value._replace(event=event, parts=tuple(map(moved, value.parts)))

    events: list[Event] = []
    for number, event in enumerate(flow.events):
        for each in (*before.get(number, ()), event, *after.get(number, ())):
            target = starts[each.target] if each.target >= 0 else -1
            events.append(each._replace(target=target, value=moved(each.value)))
    return flow._replace(events=tuple(events))
