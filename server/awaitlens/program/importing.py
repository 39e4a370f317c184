"""Import statements to facts."""

from __future__ import annotations

import ast

from awaitlens.program.facts import Import
from awaitlens.program.recorder import Recorder


def whole_module(record: Recorder, node: ast.Import) -> None:
    """`import a.b as c`. `import a.b as a` is told as `from a import b as a`, or it would look like `import a.b`."""
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        module, symbol = alias.name, ""
        if alias.asname and alias.name.startswith(f"{alias.asname}."):
            module, _, symbol = alias.name.rpartition(".")
        record.imports.append(_imported(record, name, module, symbol, 0, alias, bool(alias.asname)))
        record.bind(name, "import", record.span(alias))


def names_of_module(record: Recorder, node: ast.ImportFrom) -> None:
    """`from a import b as c`."""
    for alias in node.names:
        name = alias.asname or alias.name
        record.imports.append(_imported(record, name, node.module or "", alias.name, node.level, alias, True))
        if alias.name != "*":
            record.bind(name, "import", record.span(alias))


def _imported(
    record: Recorder, name: str, module: str, symbol: str, level: int, alias: ast.alias, renamed: bool
) -> Import:
    bound = name if renamed else module.partition(".")[0]
    return Import(
        bound,
        module,
        symbol,
        level,
        record.scope.number,
        record.context,
        record.type_checking,
        record.span(alias),
    )
