"""One name for each thing of other people's packages, however a program came by it.

A class has the path its documentation imports it by (`asyncio.Lock`), the path of the module that defines it
(`asyncio.locks.Lock`), sometimes the path of an accelerator written in C (`_asyncio.Future`). The canonical name is the
shortest public path; things of `builtins` stand without a module ("open", "len").

Sources: `aliases.tsv` is harvested (CPython 3.10-3.13 and the packages of tools/harvest_knowledge.py);
`aliases_by_hand.tsv` holds what introspection cannot show.
"""

from __future__ import annotations

from functools import lru_cache

from awaitlens.knowledge.tables import Grouped

# owner: a module; word: the owner of the canonical name; name: as it is, or old=new where the last part differs.
_TABLE = Grouped("aliases_by_hand", "aliases")


@lru_cache(maxsize=16384)
def canonical(name: str) -> str:
    """The canonical form of a dotted name; names this knows nothing of come back as they are."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:cut])
        if module not in _TABLE:
            continue
        public = _public(module, parts[cut])
        if public is not None:
            return ".".join([public, *parts[cut + 1 :]])
    return name


def _public(module: str, name: str) -> str | None:
    for listed, owner in _TABLE.of(module).items():
        short, _, renamed = listed.partition("=")
        if short in (name, "*"):
            last = renamed or name
            return f"{owner}.{last}" if owner != "builtins" else last
    return None
