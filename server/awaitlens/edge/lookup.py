"""What the edge needs from the house below, found when first needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import awaitlens
from awaitlens.edge.analysis import Session
from awaitlens.edge.convert import uri_of
from awaitlens.pitfall import Pitfall
from awaitlens.settings import Settings


def make_session(settings_for: Callable[[str], Settings]) -> Session:
    raise NotImplementedError("the session is not there yet")


@lru_cache(maxsize=256)
def page(name: str) -> str:
    """The URI of a pitfall's lesson; "" for what is no pitfall. It lies in the package, so the link works offline."""
    path = Path(awaitlens.__file__).parent / "pitfalls" / f"{name.replace('-', '_')}.py"
    return uri_of(str(path)) if path.is_file() else ""


def pitfall_named(name: str) -> Pitfall | None:
    return None
