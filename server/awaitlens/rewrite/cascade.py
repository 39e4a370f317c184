"""A function made async, and its callers with it, across the files of the program: one patch to look at before taking it.

Whoever calls an async function awaits it, and so has to be async as well, up to functions that are async already and to
what stands under `if __name__ == "__main__":`, which asyncio.run starts. program/callers.py says when that can be told.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Edit, Patch
from awaitlens.program.callers import Caller, Place, Wave, reach
from awaitlens.program.facts import Facts, Scope
from awaitlens.program.modules import FileFacts
from awaitlens.program.view import View
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.expressions import await_expression, wrap_expression
from awaitlens.rewrite.imports import settle
from awaitlens.rewrite.statements import make_async
from awaitlens.source import Source, Span


def made_async(facts: Facts, view: View, scope: Scope, *awaited: Span) -> Patch | None:
    """The plain function `scope` of the view's block becomes async and awaits the calls at `awaited`; its callers follow.

    Edits of the block's own file are block-relative, those of other files in file coordinates with their paths, and
    settled there. None where the change cannot be followed to its end.
    """
    wave = reach(view, facts, scope)
    if wave is None:
        return None
    edits: dict[str, list[Edit]] = {}
    for place, made in _changes(wave, awaited):
        if made is None:
            return None
        edits.setdefault(place.file.path, []).extend(
            e._replace(span=e.span.shifted(place.line)) for e in made
        )
    start = wave.functions[0]
    own = tuple(edit._replace(span=edit.span.shifted(-start.line)) for edit in edits.pop(start.file.path, []))
    others = [edit for path in sorted(edits) for edit in _settled(view.program.files[path], edits[path])]
    return Patch(_title(scope.name, len(wave.functions) - 1, len(edits)), "review", (*own, *others))


def _changes(wave: Wave, awaited: tuple[Span, ...]) -> Iterator[tuple[Place, Edits | None]]:
    """The edits of each function and each call of the wave, relative to their blocks; None for one that cannot be made."""
    keys = {place.key for place in wave.functions}
    for number, place in enumerate(wave.functions):
        inside = [c.call.span for c in wave.calls if c.where.key == place.key and not c.done]
        spans = dict.fromkeys((*(awaited if number == 0 else ()), *inside))
        yield place, make_async(place.facts, place.scope, tuple(spans))
    for caller in wave.calls:
        if not caller.done and caller.where.key not in keys:
            yield caller.where, _awaited(caller)


def _awaited(caller: Caller) -> Edits | None:
    """The call awaited where it stands: in an async function, or at the top, where asyncio.run waits for it."""
    if caller.where.scope.is_async:
        return await_expression(caller.where.facts, caller.call.span)
    return wrap_expression(caller.where.facts, caller.call.span, "‹asyncio.run›")


def _settled(file: FileFacts, edits: list[Edit]) -> Edits:
    """Edits of another file with their names spelled and imported as that file does it."""
    source = Source(file.path, "".join(facts.text for _, facts in file.blocks))
    patch = Patch("", "review", tuple(edit._replace(path=file.path) for edit in edits))
    return settle(patch, file, source).edits


def _title(name: str, others: int, files: int) -> str:
    callers = f" and {others} caller{'s' if others > 1 else ''}" if others else ""
    where = f", in {files + 1} files" if files else ""
    return f"Make {name}(){callers} async{where}"
