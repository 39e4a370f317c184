"""Looks names up in the packages of its own environment: JSON list of dotted names in, what each of them is out.

Run as a process, so that the tests import none of the packages the knowledge speaks of.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")
if importlib.util.find_spec("django"):
    import django
    from django.conf import settings

    apps = ["auth", "contenttypes", "sessions", "messages", "admin"]
    settings.configure(INSTALLED_APPS=["django.contrib." + app for app in apps], SECRET_KEY="x", USE_TZ=True)
    django.setup()


def find(name: str) -> Any:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except Exception:
            continue
        for part in parts[cut:]:
            found = inspect.getattr_static(found, part, None) or getattr(found, part, None)
            found = getattr(found, "__func__", found)
        return found
    return getattr(__import__("builtins"), parts[0], None)


def look(name: str) -> str | None:
    found = find(name)
    if found is None:
        return None
    if inspect.iscoroutinefunction(found):
        return "coroutine"
    if inspect.isasyncgenfunction(found):
        return "async iterator"
    return "class" if inspect.isclass(found) else "other"


def expanded(names: list[str]) -> list[str]:
    """`Class.*` stands for the class's public methods."""
    found = []
    for name in names:
        owner = name.removesuffix(".*")
        members = inspect.getmembers(find(owner), callable) if owner != name else []
        found += [f"{owner}.{m}" for m, _ in members if not m.startswith("_")] if members else [name]
    return found


if __name__ == "__main__":
    json.dump({name: look(name) for name in expanded(json.load(sys.stdin))}, sys.stdout)
