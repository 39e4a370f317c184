"""The files of a workspace, found with what is known of its folders from the last time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from awaitlens.index.cache import Cache, Written, digest
from awaitlens.listings import Listings
from awaitlens.settings import Settings
from awaitlens.workspace import Files, files_of

_MANY = 50
"""Folders from which on they are worth remembering."""


def files_found(roots: Sequence[str], settings_for: Callable[[str], Settings], cache: Cache) -> Files:
    """What `files_of` finds."""
    key = digest("folders", *map(os.path.abspath, roots))
    known = cache.value(key, "folders") or {}
    listings = Listings(known)
    files = files_of(roots, settings_for, listings)
    if len(listings.seen) >= _MANY and (listings.is_new or len(listings.seen) < len(known)):
        cache.write(key, b"", os.urandom(8), Written({"folders": listings.seen}, {}, {}))
    return files
