"""Turns what is there into a version.

    python tools/release.py 0.2.0

moves the changelog's Unreleased section under the version, writes the version wherever it is kept, and commits and
tags that. It refuses on a tree that is not clean, on a version that is not the next one, and when there is nothing to tell.
Nothing leaves the machine: pushing the commit and the tag is left to you.
"""

from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = "CHANGELOG.md"
MODULE = "server/awaitlens/__init__.py"
KEPT_ALSO = {
    "client-vscode/package.json": r'^  "version": "([^"]+)"',
    "package-lock.json": r'^    "client-vscode": \{\n +"name": "awaitlens",\n +"version": "([^"]+)"',
    "docs/ci.md": r"^ +rev: v(\S+)$",
}
"""Files that name the version, and where. The module's own is the one that counts."""
UNRELEASED = "## Unreleased\n"


class Refused(Exception):
    """The release cannot be made; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("version")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        release(chosen.root, chosen.version, datetime.datetime.now(datetime.timezone.utc).date())
    except Refused as reason:
        print(f"no release: {reason}", file=sys.stderr)
        return 1
    print(f"{chosen.version} is committed and tagged v{chosen.version}; push both when you are ready")
    return 0


def release(root: Path, version: str, day: datetime.date) -> None:
    """Raises Refused before anything is changed."""
    changes = refuse_or_prepare(root, version, day)
    for path, text in changes.items():
        (root / path).write_text(text, "utf-8")
    git(root, "commit", "--quiet", "-m", f"Release {version}", "--", *changes)
    git(root, "tag", "-a", f"v{version}", "-m", f"AwaitLens {version}")


def refuse_or_prepare(root: Path, version: str, day: datetime.date) -> dict[str, str]:
    """The files to write, by path."""
    if git(root, "status", "--porcelain"):
        raise Refused("the tree is not clean")
    if git(root, "tag", "--list", f"v{version}"):
        raise Refused(f"there is a tag v{version} already")
    texts = {path: (root / path).read_text("utf-8") for path in (CHANGELOG, MODULE, *KEPT_ALSO)}
    return {
        CHANGELOG: told(texts[CHANGELOG], version, day),
        MODULE: versioned(texts[MODULE], version),
        **{path: put(version, pattern, texts[path], path) for path, pattern in KEPT_ALSO.items()},
    }


def told(changelog: str, version: str, day: datetime.date) -> str:
    """The changelog with its Unreleased section under the version, and an empty one above."""
    before, found, after = changelog.partition(UNRELEASED)
    if not found:
        raise Refused("the changelog has no section Unreleased")
    if not re.split(r"^## ", after, maxsplit=1, flags=re.MULTILINE)[0].strip():
        raise Refused("the changelog tells nothing new")
    return f"{before}{UNRELEASED}\n## {version} - {day.isoformat()}\n{after}"


def versioned(module: str, version: str) -> str:
    """The module with this version. The version it has may be released once, if it never was."""
    pattern = r'^__version__ = "(.*)"$'
    found = re.search(pattern, module, re.MULTILINE)
    if found and _numbers(version) < _numbers(found[1]):
        raise Refused(f"{version} is older than {found[1]}")
    return put(version, pattern, module, MODULE)


def put(version: str, pattern: str, text: str, path: str) -> str:
    """The text with the version in the place that the pattern's group marks."""
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise Refused(f"{path} names no version")
    return f"{text[: found.start(1)]}{version}{text[found.end(1) :]}"


def _numbers(version: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise Refused(f"{version} is no version like 1.2.3")
    return tuple(map(int, version.split(".")))


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise Refused(done.stderr.strip())
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
