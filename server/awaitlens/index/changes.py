"""What others can see of a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from difflib import SequenceMatcher
from itertools import chain
from typing import NamedTuple

from awaitlens.engine import new_reader, read
from awaitlens.index.uses import only_imports, without_strings
from awaitlens.program.facts import Attribute, Facts
from awaitlens.program.index import mentioned_names
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.outline import outline, shape
from awaitlens.program.skim import words
from awaitlens.source import Source, Span
from awaitlens.syntax.blocks import layout

Changed = tuple[list[Facts], list[Facts]]
"""The blocks of a version that are not in the other one: those before, and those after."""


class Change(NamedTuple):
    """What others may see of a change: `inside` if nothing but by names, those of `used`; `names` that are defined now and
    were not, or the other way round, in classes that come or go too; `calls` of names, and `imports`, likewise. Where outlines
    stayed equal, others see what is in the `bodies` of some functions and nothing else, and `blocks` are the numbers of those
    that have another text; None where they did not."""

    inside: bool
    names: frozenset[str]
    calls: frozenset[str]
    used: frozenset[str] = frozenset()
    bodies: frozenset[str] | None = None
    blocks: frozenset[int] | None = None
    imports: frozenset[str] = frozenset()


def change_between(before: str | None, after: str | None) -> Change:
    """What others see of a file whose text changed. None for a file that is not there."""
    reader = new_reader()
    old, new = (read(Source("", text or ""), "", reader) for text in (before, after))
    if before is None or after is None:
        return _whole([facts for _, facts in (*old.blocks, *new.blocks)])
    change = _change(old, new)
    return change if change.bodies is None else change._replace(blocks=_changed_blocks(before, after, old))


def _changed_blocks(before: str, after: str, read: FileFacts) -> frozenset[int] | None:
    """The numbers of the blocks with another text; None where blocks were joined to be read."""
    old, new = layout(before).blocks, layout(after).blocks
    if not len(old) == len(new) == len(read.blocks):
        return None
    return frozenset(number for number, (a, b) in enumerate(zip(old, new)) if a.text != b.text)


def _whole(blocks: list[Facts]) -> Change:
    """A file that came or went."""
    return Change(False, frozenset(name for name, _, _ in _defined(blocks)), _mentioned(blocks))


def _change(old: FileFacts, new: FileFacts) -> Change:
    before, after = [facts for _, facts in old.blocks], [facts for _, facts in new.blocks]
    imports = frozenset(name for name, *_ in _imported(before) ^ _imported(after))
    if len(before) == len(after):
        alike, unlike = list[tuple[Facts, Facts]](), list[Facts]()
        for a, b in zip(before, after):
            if a.text == b.text or _is_outlined_alike(a, b):
                alike.append((a, b))
            else:
                unlike += a, b
        if all(map(_only_imports, unlike)) and not any(_both_spell(*pair, imports) for pair in alike):
            told = [(a, b) for a, b in alike if a.text != b.text and _unplaced(a) != _unplaced(b)]
            calls = _mentioned(a for a, _ in told) ^ _mentioned(b for _, b in told)
            bodies = frozenset(_functions(chain.from_iterable(told)))
            return Change(True, frozenset(), calls, bodies=bodies, imports=imports)
    moved = _classes(before) ^ _classes(after)
    used = moved | _outer(_changed(before, after)) | _named(_beside(before, moved), _beside(after, moved))
    inside = _is_inside(before, after, used | imports, moved)
    calls = _mentioned(before) ^ _mentioned(after)
    return Change(inside, used | _named(before, after), calls, used, imports=imports)


def _is_outlined_alike(before: Facts, after: Facts) -> bool:
    return not (before.repaired or after.repaired) and outline(before) == outline(after)


def _unplaced(value: object) -> object:
    """Facts without their text and the places in it."""
    if isinstance(value, Facts):
        return [_unplaced(getattr(value, each.name)) for each in fields(value) if each.name != "text"]
    if isinstance(value, Span):
        return None
    return (type(value).__name__, *map(_unplaced, value)) if isinstance(value, tuple) else value


def _functions(blocks: Iterable[Facts]) -> Iterator[str]:
    """The functions of blocks by name; "" for what else is in them."""
    for facts in blocks:
        yield ""
        yield from (qualname(facts, s) for s in facts.scopes if s.kind in ("function", "lambda"))


def _is_inside(before: list[Facts], after: list[Facts], names: frozenset[str], moved: frozenset[str]) -> bool:
    """Whether nobody sees a difference who does not use one of the names that came or went, or have another meaning; `moved`
    are the classes among them, of which nobody has an object who does not."""
    pairs = list(_unlike(before, after))
    if all(len(old) == len(new) and all(map(_is_unseen, old, new)) for old, new in pairs):
        return True
    there = {facts.text.rstrip() for facts in before}
    staying = (facts for facts in after if facts.text.rstrip() in there)
    if any(name.startswith("__") for name in names) or any(_spells(facts, names) for facts in staying):
        return False
    changed = [facts for pair in pairs for blocks in pair for facts in blocks]
    is_whole = not any(facts.repaired for facts in changed)
    return is_whole and all(_is_one_function(f) or _only_names(f) for f in _beside(changed, moved))


def _unlike(before: list[Facts], after: list[Facts]) -> Iterator[tuple[list[Facts], list[Facts]]]:
    """The stretches of blocks in which two versions of a file differ."""
    old, new = ([facts.text.rstrip() for facts in version] for version in (before, after))
    for kind, *ends in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield before[ends[0] : ends[1]], after[ends[2] : ends[3]]


def _both_spell(before: Facts, after: Facts, names: frozenset[str]) -> bool:
    """Whether a block may have used one of the names, and still may. Where outlines are equal and only one version spells a
    name, none of what others see rests on it."""
    return _spells(before, names) and (before.text == after.text or _spells(after, names))


def _spells(facts: Facts, names: frozenset[str]) -> bool:
    """Whether the code of the block spells one of the names, or may use one that the language gives a meaning."""
    if any(name.startswith("__") for name in names):
        return True
    return bool(names) and not names.isdisjoint(words(without_strings(facts.text)))


def _only_imports(facts: Facts) -> bool:
    """Whether all that the block does is to give names to what lies elsewhere, each by its own import."""
    is_told = only_imports(facts.text) and not facts.repaired
    return is_told and all(each.symbol != "*" for each in facts.imports)


def _only_names(facts: Facts) -> bool:
    """Whether all that the block does is to give names to values and to what lies elsewhere."""
    does_more = len(facts.scopes) > 1 or facts.contexts or facts.accesses or facts.jumps or facts.suspensions
    return not (
        does_more
        or facts.repaired
        or any(binding.kind not in _NAMING for binding in facts.bindings)
        or any(call.usage.kind == "dropped" for call in facts.calls)
        or any(each.symbol == "*" for each in facts.imports)
    )


_NAMING = ("assign", "annotation", "import")


def _rebound(changed: Changed) -> frozenset[str]:
    """The names in a module, and in its classes, that have another value."""
    old, new = map(_values, changed)
    return frozenset(
        name for owner, name in old.keys() | new.keys() if old.get((owner, name)) != new.get((owner, name))
    )


def _values(blocks: Iterable[Facts]) -> dict[tuple[tuple[str, ...], str], list[object]]:
    """What names in a module and in its classes stand for, by the class around and the name."""
    found: dict[tuple[tuple[str, ...], str], list[object]] = {}
    for facts in blocks:
        for binding in facts.bindings:
            if binding.scope == 0 and binding.kind not in ("import", "def", "class"):
                value = binding.kind, shape(facts, binding.value), shape(facts, binding.annotation)
                found.setdefault((facts.owner, binding.name), []).append(value)
    return found


def _outer(changed: Changed) -> frozenset[str]:
    """The names of the module that changed code gives values from within functions."""
    scopes = (scope for facts in chain(*changed) for scope in facts.scopes)
    return frozenset(chain.from_iterable(scope.global_names for scope in scopes))


def _changed(before: list[Facts], after: list[Facts]) -> Changed:
    """The blocks of each version whose text is not as often in the other one."""
    texts = Counter(facts.text.rstrip() for facts in before)
    texts.subtract(facts.text.rstrip() for facts in after)
    old, new = ([facts for facts in version if texts[facts.text.rstrip()]] for version in (before, after))
    return old, new


def _classes(blocks: Iterable[Facts]) -> frozenset[str]:
    """The classes of the module that the blocks are of."""
    found = (facts.owner[:1] or [s.name for s in facts.scopes[1:2] if s.kind == "class"] for facts in blocks)
    return frozenset(chain.from_iterable(found))


def _beside(blocks: list[Facts], classes: frozenset[str]) -> list[Facts]:
    """The blocks that are of none of these classes."""
    return [facts for facts in blocks if _classes([facts]).isdisjoint(classes)] if classes else blocks


def _named(before: list[Facts], after: list[Facts]) -> frozenset[str]:
    """The names that came or went, or have another meaning."""
    defined = frozenset(name for name, *_ in _defined(before) ^ _defined(after) if name)
    old, new = changed = _changed(before, after)
    is_unseen = len(old) == len(new) and all(map(_is_unseen, old, new))
    return defined | _rebound(changed) | (frozenset() if is_unseen else _renewed(changed))


def _renewed(changed: Changed) -> frozenset[str]:
    """By what names others see functions whose code changed: their own, and those of the attributes they write."""
    blocks = list(chain(*changed))
    written = (access.place for facts in blocks for access in facts.accesses)
    own = {scope.name for facts in blocks for scope in facts.scopes[1:2]}
    return frozenset(own | {place.attr for place in written if isinstance(place, Attribute)})


def _is_unseen(before: Facts, after: Facts) -> bool:
    return _is_async_only(before) and _is_async_only(after) and outline(before) == outline(after)


def _is_one_function(facts: Facts) -> bool:
    return len(facts.scopes) > 1 and facts.scopes[1].kind == "function" and not facts.repaired


def _is_async_only(facts: Facts) -> bool:
    """Whether the block is nothing but async functions: what they call is not run by whoever calls them."""
    inner = facts.scopes[1:]
    return bool(inner) and all(s.is_async and s.kind == "function" for s in inner) and not facts.repaired


def _defined(blocks: Iterable[Facts]) -> frozenset[tuple[str, str, bool]]:
    scopes = (scope for facts in blocks for scope in facts.scopes)
    return frozenset((s.name, s.kind, s.is_async) for s in scopes if s.kind in ("function", "class"))


def _imported(blocks: Iterable[Facts]) -> frozenset[tuple[str, str, str, int]]:
    imports = (each for facts in blocks for each in facts.imports if each.scope == 0)
    return frozenset((i.name, i.module, i.symbol, i.level) for i in imports)


def _mentioned(blocks: Iterable[Facts]) -> frozenset[str]:
    return frozenset(name for facts in blocks for name in mentioned_names(facts))
