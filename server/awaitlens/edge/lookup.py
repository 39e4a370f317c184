"""Where a pitfall's lesson lies."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import awaitlens
from awaitlens.edge.convert import uri_of
from awaitlens.present.pages import offline_link


@lru_cache(maxsize=256)
def page(name: str) -> str:
    """The URI of a pitfall's lesson; "" for what is no pitfall. It lies in the package, so the link works offline.

    A checkout has no pages: there the link leads to the module that holds the lesson.
    """
    if link := offline_link(name):
        return link
    path = Path(awaitlens.__file__).parent / "pitfalls" / f"{name.replace('-', '_')}.py"
    return uri_of(str(path)) if path.is_file() else ""
