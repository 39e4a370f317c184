"""How a name is spelled in a file, and where its import goes when there is none.

A fix writes a dotted name between single guillemets, `‹asyncio.to_thread›`. `settle` replaces each by what the file calls
it and adds the imports that are missing, beside their neighbours and in their order. `‹tasks = set()›` stands for the name `tasks`
and asks for that assignment at module level, before the code that needs it; where the module binds the name, it stays.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from awaitlens.pitfall import Edit, Patch
from awaitlens.program.facts import Binding, Facts, Import
from awaitlens.program.modules import FileFacts
from awaitlens.rewrite.apply import Edits, merged
from awaitlens.rewrite.tree import newline_of, tree_of
from awaitlens.source import Source, Span

_PLACEHOLDER = re.compile(r"‹([A-Za-z_]\w*(?:\.\w+)*)›")
_DECLARATION = re.compile(r"‹([A-Za-z_]\w*) = ([^‹›\r\n]+)›")
_DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:\.\w+)+")
_HEADER = re.compile(r"#!|#.*coding[:=]")
_LONGEST_LINE = 100


def settle(patch: Patch, file: FileFacts, source: Source) -> Patch:
    """The patch with its names spelled as the file spells them, its imports added, its touching edits joined.

    The patch is in file coordinates. Edits of other files are left as they are: settle those with their own file.
    """
    own = tuple(edit for edit in patch.edits if edit.path in ("", file.path))
    if not own:
        return patch
    declared = _declarations(file, source, own)
    own = tuple(edit._replace(text=_DECLARATION.sub(r"\1", edit.text)) for edit in own)
    # What looks like a placeholder in the user's own text is the user's.
    theirs = set(_PLACEHOLDER.findall(source.text)) if "‹" in source.text else set()
    names = {name for edit in (*own, *declared) for name in _PLACEHOLDER.findall(edit.text)} - theirs
    wanted = tuple(sorted(names | set(patch.imports if not own[0].path else ())))
    spelling, imports = import_edits(file, source, wanted, tuple(edit.span for edit in own))
    path = own[0].path
    spelled = (edit._replace(text=_spelled(edit.text, spelling)) for edit in (*declared, *own))
    joined = merged(source.text, (*imports, *spelled))
    others = tuple(edit for edit in patch.edits if edit.path not in ("", file.path))
    return patch._replace(edits=(*(edit._replace(path=path) for edit in joined), *others))


def import_edits(
    file: FileFacts, source: Source, names: Iterable[str], spans: Sequence[Span] = ()
) -> tuple[dict[str, str], Edits]:
    """How each dotted name is spelled in the file at all of `spans`, and the edits that import what is missing."""
    spelling: dict[str, str] = {}
    missing: list[_Wanted] = []
    for name in names:
        found = _existing(file, name, spans)
        if found is None:
            wanted = _wanted(file, name, spans)
            missing.append(wanted)
            found = wanted.spelling
        spelling[name] = found
    statements = _statements(file)
    groups = _grouped(missing)
    return spelling, tuple(
        _extended(source, statements, group) or _added(file, source, statements, group) for group in groups
    )


# --- what is declared ---------------------------------------------------------------------------------------


def _declarations(file: FileFacts, source: Source, edits: Edits) -> Edits:
    """The assignments at module level that the edits ask for, those that are there already left out."""
    asked = {found[0]: (found[1], edit.span) for edit in edits for found in _DECLARATION.findall(edit.text)}
    ending = newline_of(source.text)
    missing = []
    for name, (value, span) in asked.items():
        if not any(binding.name == name for _, facts in file.blocks for binding in _globals(facts)):
            spelled = _DOTTED.sub(lambda dotted: f"‹{dotted[0]}›", value)
            missing.append(
                _insert(_statement_line(file, source, span.line), f"{name} = {spelled}" + ending * 3)
            )
    return tuple(missing)


def _globals(facts: Facts) -> Iterator[Binding]:
    return (each for each in facts.bindings if each.scope == 0 and not facts.owner)


def _statement_line(file: FileFacts, source: Source, line: int) -> int:
    """The first line of the statement at module level that holds the line, the comment right above it included."""
    start = max((first for first, facts in file.blocks if first <= line and not facts.owner), default=0)
    if start == 0 and file.blocks:
        return _first_code(source, 0)
    while start and source.line_text(start - 1).startswith("#"):
        start -= 1
    return start


# --- how it is spelled --------------------------------------------------------------------------------------


class _Wanted(NamedTuple):
    """An import to add: `import module` (symbols empty) or `from module import symbols`."""

    module: str
    symbols: tuple[str, ...]
    spelling: str

    @property
    def code(self) -> str:
        if self.symbols:
            return f"from {self.module} import {', '.join(sorted(self.symbols, key=str.lower))}"
        return f"import {self.module}"


def _existing(file: FileFacts, name: str, spans: Sequence[Span]) -> str | None:
    for line, facts in file.blocks:
        for item in facts.imports:
            found = _spelling_by(item, name) if _is_visible(facts, line, item, spans) else None
            if found is not None and not _is_shadowed(file, found.partition(".")[0], spans):
                return found
    return None


def _spelling_by(item: Import, name: str) -> str | None:
    """What `name` is called through this import, None if the import does not reach it."""
    if item.level or item.symbol == "*":
        return None
    module, _, last = name.rpartition(".")
    if item.symbol:
        whole = f"{item.module}.{item.symbol}"
        return item.name if whole == name else f"{item.name}.{last}" if whole == module else None
    if item.module not in (name, module):
        return None
    base = item.module if item.name == item.module.partition(".")[0] else item.name
    return base if item.module == name else f"{base}.{last}"


def _is_visible(facts: Facts, line: int, item: Import, spans: Sequence[Span]) -> bool:
    """Whether the import is in force at all spans: at module level, or earlier in the functions around them."""
    if item.type_checking or (item.context >= 0 and facts.contexts[item.context].kind != "try"):
        return False
    if item.scope == 0:
        return not facts.owner
    scope = facts.scopes[item.scope]
    around, at = scope.span.shifted(line), item.span.line + line
    return scope.kind == "function" and all(
        around.contains(span.line, span.column) and at < span.line for span in spans
    )


def _is_shadowed(file: FileFacts, name: str, spans: Sequence[Span]) -> bool:
    """Whether something other than an import may be meant by the name, in the module or around the spans."""
    for line, facts in file.blocks:
        for scope in _binding_scopes(facts, name):
            around = facts.scopes[scope].span.shifted(line)
            at_module = scope == 0 and not facts.owner
            if at_module or (scope and any(around.contains(span.line, span.column) for span in spans)):
                return True
    return False


def _binding_scopes(facts: Facts, name: str) -> Iterator[int]:
    """The scopes of a block that bind the name by anything but an import."""
    yield from (each.scope for each in facts.bindings if each.name == name and each.kind != "import")
    for scope in facts.scopes:
        if any(parameter.name == name for parameter in scope.parameters):
            yield scope.number


def _wanted(file: FileFacts, name: str, spans: Sequence[Span]) -> _Wanted:
    """The import to add for a name. Modules of the standard library are imported whole, of others the symbol."""
    module, _, symbol = name.rpartition(".")
    plain = not module or (module in sys.stdlib_module_names and not _is_shadowed(file, module, spans))
    if plain:
        return _Wanted(module or name, (), name)
    if _is_shadowed(file, symbol, spans):
        return _Wanted(module, (f"{symbol} as _{symbol}",), f"_{symbol}")
    return _Wanted(module, (symbol,), symbol)


def _grouped(wanted: Iterable[_Wanted]) -> list[_Wanted]:
    groups: dict[tuple[str, bool], _Wanted] = {}
    for each in wanted:
        key = (each.module, bool(each.symbols))
        known = groups.get(key)
        groups[key] = each if known is None else known._replace(symbols=known.symbols + each.symbols)
    return sorted(groups.values(), key=lambda each: (bool(each.symbols), each.module))


def _spelled(text: str, spelling: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: spelling.get(found[1], found[0]), text)


# --- where it goes ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Statement:
    """An import statement at module level, in file lines. `module` has its dots; section is isort's order."""

    line: int
    end_line: int
    module: str
    plain: bool
    section: int
    span: Span
    names: tuple[str, ...]


def _statements(file: FileFacts) -> tuple[_Statement, ...]:
    found: list[_Statement] = []
    for line, facts in file.blocks:
        tree = tree_of(facts) if facts.imports and not facts.owner else None
        for node in tree.root.body if tree else ():
            if tree is None or not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            plain = isinstance(node, ast.Import)
            module = node.names[0].name
            if isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
            span = tree.span(node).shifted(line)
            names = tuple(
                alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in node.names
            )
            section = _section(file, module)
            found.append(_Statement(span.line, span.end_line, module, plain, section, span, names))
    return tuple(found)


def _section(file: FileFacts, module: str) -> int:
    """isort's sections: __future__, standard library, installed, the project's own, relative."""
    root = module.partition(".")[0]
    if module.startswith("."):
        return 4
    if root == "__future__":
        return 0
    if root in sys.stdlib_module_names:
        return 1
    return 3 if "." in file.module and root == file.module.partition(".")[0] else 2


def _extended(source: Source, statements: Sequence[_Statement], wanted: _Wanted) -> Edit | None:
    """A plain one-line `from module import a` that takes the symbols in, in order; None where there is none."""
    for each in statements:
        if not wanted.symbols or each.plain or each.module != wanted.module or each.line != each.end_line:
            continue
        text = source.slice(each.span)
        head, _, tail = text.partition(" import ")
        ordered = sorted((*each.names, *wanted.symbols), key=str.lower)
        if list(each.names) != sorted(each.names, key=str.lower):
            ordered = [*each.names, *wanted.symbols]
        longer = f"{head} import {', '.join(ordered)}"
        if tail == ", ".join(each.names) and "*" not in tail and len(longer) <= _LONGEST_LINE:
            return Edit(each.span, longer)
    return None


def _added(file: FileFacts, source: Source, statements: Sequence[_Statement], wanted: _Wanted) -> Edit:
    section, plain = _section(file, wanted.module), not wanted.symbols
    code = wanted.code + newline_of(source.text)
    same = [each for each in statements if each.section == section]
    neighbours = [each for each in same if each.plain == plain]
    if neighbours:
        lower = [each for each in neighbours if each.module.lower() <= wanted.module.lower()]
        return _below(source, lower[-1], code) if lower else _insert(neighbours[0].line, code)
    if same:
        return _insert(same[0].line, code) if plain else _below(source, same[-1], code)
    return _as_section(file, source, statements, section, code)


def _as_section(
    file: FileFacts, source: Source, statements: Sequence[_Statement], section: int, code: str
) -> Edit:
    """A section of its own, between its neighbours, with blank lines where they have them."""
    ending = newline_of(source.text)
    lower = [each for each in statements if each.section < section]
    if lower:
        spaced = not source.line_text(lower[-1].end_line + 1).strip()
        return _below(source, lower[-1], ending + code if spaced else code)
    higher = [each for each in statements if each.section > section]
    if higher:
        return _insert(higher[0].line, code + ending)
    docstring_end = _docstring_end(file)
    if docstring_end is not None:
        spaced = not source.line_text(docstring_end + 1).strip()
        return _insert_after(source, docstring_end, ending + code + ("" if spaced else ending))
    line = _behind_header(source)
    definition = re.match(r"(async\s+def|def|class)\b|@", source.line_text(_first_code(source, line)))
    return _insert(line, code + ending * (2 if definition else 1))


def _docstring_end(file: FileFacts) -> int | None:
    for line, facts in file.blocks[:1]:
        tree = tree_of(facts)
        if tree is not None and ast.get_docstring(tree.root, clean=False) is not None:
            return tree.span(tree.root.body[0]).end_line + line
    return None


def _behind_header(source: Source) -> int:
    """The first line that may hold code: behind the interpreter's line and a comment set apart by a blank line."""
    line = 0
    while _HEADER.match(source.line_text(line)):
        line += 1
    end = line
    while source.line_text(end).startswith("#"):
        end += 1
    return end + 1 if end > line and not source.line_text(end).strip() else line


def _first_code(source: Source, line: int) -> int:
    while line < len(source.lines) and source.line_text(line).lstrip()[:1] in ("", "#"):
        line += 1
    return line


def _insert(line: int, text: str) -> Edit:
    return Edit(Span(line, 0, line, 0), text)


def _below(source: Source, statement: _Statement, text: str) -> Edit:
    return _insert_after(source, statement.end_line, text)


def _insert_after(source: Source, line: int, text: str) -> Edit:
    """A whole line after a line, also after a last one that has no end."""
    if line + 1 < len(source.lines) or source.text.endswith(("\n", "\r")):
        return _insert(line + 1, text)
    end, ending = len(source.line_text(line)), newline_of(source.text)
    return Edit(Span(line, end, line, end), ending + text.removesuffix(ending))
