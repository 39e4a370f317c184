"""Which files hold tests, and what these rest on."""

from __future__ import annotations

import re
from functools import lru_cache

from awaitlens.program.view import View

_TEST_FILE = re.compile(
    r"(?:^|/)(?:_*(?:tests?|testing)|[a-z0-9]+_tests)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|tests?|testing|testclient|conftest)\.py$"
)
_TEST_PACKAGES = ("pytest", "pytest_asyncio")


def is_test(view: View) -> bool:
    """Whether the file holds tests or fixtures: there a blocked loop holds up nobody."""
    imports = view.file.imports
    return _is_test_file(view.path) or any(
        each.item.scope == 0 for package in _TEST_PACKAGES if package in imports for each in imports[package]
    )


@lru_cache(maxsize=1024)
def _is_test_file(path: str) -> bool:
    return _TEST_FILE.search(path) is not None
