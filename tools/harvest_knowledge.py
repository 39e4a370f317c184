"""Looks at installed packages and writes what they say about themselves into the knowledge tables.

Run it in an environment that holds the packages (any that are missing are left out, with a word):

    python tools/harvest_knowledge.py server/awaitlens/knowledge/data

It writes three tables, and keeps what they held before, so that runs under several Python versions add up:

- `kinds.tsv`: owner, then per kind ("coroutine", "async iterator", "async context manager", "sync") the names
- `bases.tsv`: class, then its direct base classes
- `aliases.tsv`: the module that defines names, the module they are known by, and the names

Nothing of this runs inside AwaitLens: it never imports a user's packages.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import sys
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PLATFORM = {"posix", "nt", "posixpath", "ntpath", "genericpath"}  # what os and os.path are made of
PLAIN = (type, types.FunctionType, types.BuiltinFunctionType)
Modules = dict[str, types.ModuleType]


def main() -> None:
    folder = Path(sys.argv[1])
    set_up_django()
    modules, only_async = import_all(subjects_to_look_at())
    subjects = dict(collect(modules))
    names = {key: canonical(obj, paths) for key, (obj, paths) in subjects.items()}
    names = add_ancestors(subjects, names)
    write(folder / "aliases.tsv", aliases(subjects, names))
    members = kinds(subjects, names, only_async)
    write(folder / "bases.tsv", worth_knowing(bases(subjects, names), members))
    write(folder / "kinds.tsv", members)


def set_up_django() -> None:
    try:
        django: Any = importlib.import_module("django")
        settings: Any = importlib.import_module("django.conf").settings
    except ImportError:
        return
    apps = ["auth", "contenttypes", "sessions", "messages", "admin"]
    settings.configure(INSTALLED_APPS=[f"django.contrib.{app}" for app in apps], USE_TZ=True)
    django.setup()


def subjects_to_look_at() -> list[str]:
    text = Path(__file__).with_name("harvest_subjects.txt").read_text(encoding="utf-8")
    return [name for line in text.splitlines() if not line.startswith("#") for name in line.split()]


def import_all(wanted: Iterable[str]) -> tuple[Modules, frozenset[str]]:
    modules: Modules = {}
    only_async = set()
    for name in wanted:
        plain = name.rstrip("!")
        try:
            modules[plain] = importlib.import_module(plain)
        except Exception as error:
            print(f"left out: {plain}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        if name.endswith("!"):
            only_async.add(plain)
    return modules, frozenset(only_async)


# --- names --------------------------------------------------------------------------------------------------


def collect(modules: Modules) -> Iterator[tuple[int, tuple[Any, list[str]]]]:
    """Each public class and function of the modules, once, with every path it has there."""
    found: dict[int, tuple[Any, list[str]]] = {}
    for module_name, module in modules.items():
        for name in public_names(module):
            obj = vars(module)[name] if name in vars(module) else getattr(module, name, None)
            if is_subject(obj, module_name):
                found.setdefault(id(obj), (obj, []))[1].append(f"{module_name}.{name}")
    yield from found.items()


def public_names(module: types.ModuleType) -> list[str]:
    """What `__all__` lists; without it, what a package re-exports or a plain module defines itself."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return [n for n in listed if not n.startswith("_")]
    names = [n for n in dir(module) if not n.startswith("_")]
    if hasattr(module, "__path__") or not hasattr(module, "__file__"):
        return names
    return [n for n in names if is_own(vars(module).get(n), module, n)]


def is_own(obj: Any, module: types.ModuleType, name: str) -> bool:
    home = getattr(obj, "__module__", None) or module.__name__
    same_root = home.split(".")[0].lstrip("_") == module.__name__.split(".")[0]
    return home == module.__name__ or (same_root and name in defined_names(module)) or home.startswith("_")


def is_subject(obj: Any, module_name: str) -> bool:
    if not (inspect.isclass(obj) or inspect.isroutine(obj)):
        return False
    if inspect.isclass(obj) and issubclass(obj, BaseException) and "/site-packages/" in home_file(obj):
        return module_name in {"anyio", "trio", "httpx"}
    root, home = module_name.split(".")[0], (getattr(obj, "__module__", None) or module_name).split(".")[0]
    if root in {"os", "time", "math", "json", "io", "select", "signal", "socket", "sqlite3", "zlib", "re"}:
        return home.lstrip("_") in {root, "posix", "posixpath", "genericpath", "builtins"} or home == root
    return home.lstrip("_") == root or root == "django" == home


def home_file(obj: Any) -> str:
    return str(getattr(sys.modules.get(obj.__module__), "__file__", ""))


def found_at(obj: Any, paths: list[str]) -> list[str]:
    """All paths of the object: public ones, where it says it lives, and where its code really lies."""
    found = list(dict.fromkeys(paths))
    qualname = getattr(obj, "__qualname__", getattr(obj, "__name__", ""))
    if not qualname or "<" in qualname:
        return found
    homes = (getattr(obj, "__module__", None), real_module(obj))
    found += [f"{home}.{qualname}" for home in homes if home and resolves(home, qualname, obj)]
    root = (paths[0] if paths else qualname).split(".")[0]
    found += [path for path in definitions().get(id(obj), ()) if path.split(".")[0] == root]
    return list(dict.fromkeys(found))


@functools.cache
def definitions() -> dict[int, list[str]]:
    """The modules that hold an object and either define a thing of that name or are packages that re-export it."""
    found: dict[int, list[str]] = defaultdict(list)
    for name, module in list(sys.modules.items()):
        if not isinstance(module, types.ModuleType):
            continue
        package = hasattr(module, "__path__") and not private(name)
        defined = defined_names(module)
        for short, obj in list(vars(module).items()):
            if not issubclass(type(obj), PLAIN):  # a lazy proxy must not be touched
                continue
            if short in defined or (package and obj.__name__ == short):
                found[id(obj)].append(f"{name}.{short}")
    return found


def defined_names(module: types.ModuleType) -> frozenset[str]:
    try:
        source = inspect.getsource(module)
    except (OSError, TypeError):
        return frozenset()
    return frozenset(re.findall(r"^(?:class|def|async def) (\w+)", source, re.MULTILINE))


def real_module(obj: Any) -> str | None:
    """Where the code lies, for packages that rewrite `__module__` of what they re-export."""
    functions = [obj] if inspect.isfunction(obj) else []
    if inspect.isclass(obj):
        functions = [f for f in vars(obj).values() if inspect.isfunction(f)]
        functions = [f for f in functions if f.__qualname__.startswith(obj.__qualname__ + ".")]
    for function in functions:
        module = inspect.unwrap(function).__globals__.get("__name__")
        if module and vars(sys.modules.get(module, types)).get(obj.__name__) is obj:
            return str(module)
    return None


def resolves(module: str, qualname: str, obj: Any) -> bool:
    try:
        return functools.reduce(getattr, qualname.split("."), sys.modules.get(module)) is obj
    except AttributeError:
        return False


def private(path: str) -> bool:
    parts = path.split(".")
    return parts[0] in PLATFORM or any(part.startswith("_") for part in parts)


def canonical(obj: Any, listed: list[str]) -> str:
    """The shortest path without a private part; of equally short ones a listed one, then where it says it lives."""
    home = f"{getattr(obj, '__module__', '')}.{getattr(obj, '__qualname__', '')}"
    short = getattr(obj, "__name__", "")

    def rank(path: str) -> tuple[Any, ...]:
        renamed = not path.endswith("." + short)
        return private(path), path.count("."), renamed, path not in listed, path != home, path

    return min(found_at(obj, listed), key=rank)


def add_ancestors(subjects: dict[int, tuple[Any, list[str]]], names: dict[int, str]) -> dict[int, str]:
    """Base classes of the same package are subjects too, also private ones: methods are inherited from them."""
    for obj, paths in list(subjects.values()):
        if not inspect.isclass(obj):
            continue
        root = (paths[0] if paths else obj.__module__).split(".")[0]
        for ancestor in obj.__mro__[1:]:
            if (
                ancestor.__name__ == "BaseManagerFromQuerySet"
            ):  # made at run time; types.py says what it delegates
                continue
            if id(ancestor) not in names and ancestor.__module__.split(".")[0].lstrip("_") == root:
                path = f"{ancestor.__module__}.{ancestor.__qualname__}"
                subjects[id(ancestor)] = (ancestor, [path])
                names[id(ancestor)] = canonical(ancestor, [path])
    return names


# --- tables -------------------------------------------------------------------------------------------------

Rows = dict[str, dict[str, set[str]]]


def aliases(subjects: dict[int, tuple[Any, list[str]]], names: dict[int, str]) -> Rows:
    rows: Rows = defaultdict(lambda: defaultdict(set))
    for key, (obj, paths) in subjects.items():
        public = names[key]
        for path in found_at(obj, paths):
            if path != public:
                module, _, name = path.rpartition(".")
                owner, _, short = public.rpartition(".")
                rows[module][owner].add(name if name == short else f"{name}={short}")
    return rows


def bases(subjects: dict[int, tuple[Any, list[str]]], names: dict[int, str]) -> Rows:
    rows: Rows = defaultdict(lambda: defaultdict(set))
    for key, (obj, _) in subjects.items():
        if inspect.isclass(obj):
            rows[names[key]]["bases"] = {}  # type: ignore[assignment]
            parents = [
                b.__bases__[0] if b.__name__ == "BaseManagerFromQuerySet" else b for b in obj.__bases__
            ]
            direct = [names.get(id(b), "") or plain_path(b) for b in parents]
            rows[names[key]]["bases"] = dict.fromkeys(b for b in direct if b)  # type: ignore[assignment]
    return rows


def worth_knowing(classes: Rows, members: Rows) -> Rows:
    """The classes something is known of: methods of their own, or inherited ones; and errors asyncio code catches."""

    def speaks(name: str) -> bool:
        return name in members or any(speaks(base) for base in classes.get(name, {}).get("bases", ()))

    errors = ("asyncio.", "concurrent.futures.", "anyio.", "trio.", "contextlib.", "queue.")
    return {name: row for name, row in classes.items() if speaks(name) or name.startswith(errors)}


def plain_path(cls: type) -> str:
    if cls.__module__ in {"builtins", "typing", "abc", "collections.abc", "typing_extensions"}:
        return ""
    return f"{cls.__module__}.{cls.__qualname__}"


def kinds(
    subjects: dict[int, tuple[Any, list[str]]], names: dict[int, str], only_async: frozenset[str]
) -> Rows:
    rows: Rows = defaultdict(lambda: defaultdict(set))
    for key, (obj, paths) in subjects.items():
        name = names[key]
        brief = any(name.startswith(module + ".") for module in only_async) or bool(
            paths and paths[0].rpartition(".")[0] in only_async
        )
        if inspect.isclass(obj):
            class_kinds(obj, name, rows, brief)
        else:
            owner, _, short = name.rpartition(".")
            put(rows, owner, short, kind_of(obj), brief)
    return rows


def class_kinds(cls: type, name: str, rows: Rows, brief: bool) -> None:
    own = {n: m for n, m in vars(cls).items() if not n.startswith("_") or n in PROTOCOL}
    found = {n: kind_of(m, cls) for n, m in own.items()}
    for method, kind in found.items():
        put(rows, name, method, kind, brief)


PROTOCOL = {
    "__call__",
    "__aenter__",
    "__enter__",
    "__aiter__",
    "__iter__",
    "__anext__",
    "__next__",
    "__await__",
}


def put(rows: Rows, owner: str, name: str, kind: str, brief: bool) -> None:
    if kind and not (brief and kind == "sync"):
        rows[owner][kind].add(name)


def kind_of(member: Any, owner: type | None = None) -> str:
    if isinstance(member, (staticmethod, classmethod)):
        member = member.__func__
    if getattr(member, "is_async_method", False):  # motor marks what it turned into a future
        return "future"
    if not (inspect.isroutine(member) or callable(member)) or inspect.isclass(member):
        return ""
    if inspect.iscoroutinefunction(member):
        return "coroutine"
    if inspect.isasyncgenfunction(member):
        return "async iterator"
    wrapped = inspect.unwrap(member)
    if wrapped is not member and inspect.isasyncgenfunction(wrapped):
        return "async context manager"
    return annotated_kind(member, owner)


AWAITABLE = re.compile(r"^(typing\.|collections\.abc\.|t\.)?(Awaitable|Coroutine)\[")
MANAGER = re.compile(
    r"(AsyncContextManager|_RequestContextManager|AsyncGeneratorContextManager|_WSRequestContextManager)\b"
)
ITERATOR = re.compile(r"(^|\.)Async(Iterator|Generator|Iterable)\[")


def annotated_kind(member: Any, owner: type | None) -> str:
    """What a plain function says it returns. redis.asyncio shares its commands with the synchronous client."""
    returned = getattr(member, "__annotations__", {}).get("return", "")
    text = returned if isinstance(returned, str) else str(returned).replace("typing.", "")
    if AWAITABLE.search(text):
        return "coroutine"
    if MANAGER.search(text):
        return "async context manager"
    if ITERATOR.search(text):
        return "async iterator"
    if "Awaitable" in text:
        return "either" if owner is not None and owner.__module__.startswith("redis.") else ""
    return "sync"


def write(path: Path, rows: Rows) -> None:
    """Merge into the file: what it held stays unless it is said anew."""
    head = []
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines()
        head = [line for line in lines if line.startswith("#")]
        for line in lines:
            if line and not line.startswith("#"):
                owner, *groups = line.split("\t")
                merge(rows, owner, groups)
    body = [
        format_row(owner, groups)
        for owner, groups in sorted(rows.items())
        if any(groups.values()) or "bases" in groups
    ]
    path.write_text("\n".join([*head, *body]) + "\n", encoding="utf-8")


def merge(rows: Rows, owner: str, groups: list[str]) -> None:
    known = {name for names in rows.get(owner, {}).values() for name in names}
    for group in groups:
        kind, _, names = group.partition(": ")
        if kind == "bases":  # the newest run is right, and the order is the class's own
            rows.setdefault(owner, {"bases": dict.fromkeys(names.split(" "))})  # type: ignore[dict-item]
        else:
            added = (name for name in names.split(" ") if name not in known)
            rows.setdefault(owner, defaultdict(set)).setdefault(kind, set()).update(added)
    if groups == []:
        rows.setdefault(owner, {"bases": set()})


def format_row(owner: str, groups: dict[str, Any]) -> str:
    cells = [
        f"{kind}: {' '.join(sorted(n) if isinstance(n, set) else n)}"
        for kind, n in sorted(groups.items())
        if n
    ]
    return "\t".join([owner, *cells])


if __name__ == "__main__":
    main()
