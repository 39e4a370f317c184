"""What names stand for, across files: each case says what the last call of `app.py` calls.

A missed resolution hides a bug; a wrong one accuses the innocent. Where the text does not tell, the answer is "".
"""

from __future__ import annotations

import pytest

from awaitlens.engine import check_texts
from awaitlens.program.facts import Name
from awaitlens.program.view import Target, View

HELPER = """\
import functools
import requests
from dataclasses import dataclass
from typing import Generic, Iterator, Optional, TypeVar, Union, overload
from contextlib import asynccontextmanager, contextmanager

T = TypeVar("T")

def load(): ...
async def fetch(): ...

class Base:
    limit: int = 3
    def ping(self): ...
    async def aping(self): ...
    def make(self) -> "Client": ...
    @classmethod
    def create(cls): return cls()
    @staticmethod
    def parse(text): ...
    @property
    def parent(self) -> "Client": ...
    @functools.cached_property
    def session(self): return requests.Session()

class Client(Base):
    def __init__(self, other: "Optional[Client]" = None):
        self.http = requests.Session()
        self.base = Base()
        self.other = other
        self.noted: "Client" = other
    def get(self): ...
    def __enter__(self): return self
    def __exit__(self, *a): ...
    async def __aenter__(self) -> "Client": return self
    async def __aexit__(self, *a): ...

@dataclass
class Options:
    client: Client
    clients: list[Client]

def build(): return Client()
def pair(): return Client(), Base()
async def abuild(): return Client()
def clients() -> list[Client]: ...
def each() -> Iterator[Client]: ...
@contextmanager
def opened() -> Iterator[Client]: yield Client()
@asynccontextmanager
async def aopened(): yield Client()
client = Client()
"""

PACKAGE = {
    "/w/pkg/__init__.py": "from .inner import Deep as Shallow\nfrom .inner import *\n",
    "/w/pkg/inner.py": "class Deep:\n    def dive(self): ...\ndef surface(): ...\n_hidden = 1\n",
    "/w/pkg/sub/__init__.py": "",
    "/w/pkg/sub/low.py": "from ..inner import Deep\nfrom ... import helper\ndef go(): return Deep()\n",
}

CASES = {
    # imports
    "import time\ntime.sleep(1)": "time.sleep",
    "import os.path\nos.path.exists('x')": "os.path.exists",
    "import time as t\nt.sleep(1)": "time.sleep",
    "from time import sleep\nsleep(1)": "time.sleep",
    "from time import sleep as nap\nnap(1)": "time.sleep",
    "import helper\nhelper.load()": "helper.load",
    "from helper import load as get\nget()": "helper.load",
    "from .helper import load\nload()": "helper.load",
    "from helper import *\nload()": "helper.load",
    "from pkg import Shallow\nShallow().dive()": "pkg.inner.Deep.dive",
    "from pkg import surface\nsurface()": "pkg.inner.surface",
    "import pkg.inner\npkg.inner.surface()": "pkg.inner.surface",
    "from pkg.sub.low import go\ngo().dive()": "pkg.inner.Deep.dive",
    "try:\n    from helper import load\nexcept ImportError:\n    load = None\nload()": "helper.load",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from helper import Client\ndef f(c: 'Client'):\n    c.get()": "helper.Client.get",
    "def f():\n    from time import sleep\n    sleep(1)": "time.sleep",
    # classes, self, super
    "from helper import Client\nClient().ping()": "helper.Base.ping",
    "from helper import Client\nClient.create().get()": "helper.Client.get",
    "from helper import Client\nClient.parse('')": "helper.Base.parse",
    "from helper import Client\nclass Mine(Client):\n    def f(self):\n        self.get()": "helper.Client.get",
    "from helper import Client\nclass Mine(Client):\n    def get(self):\n        super().get()": "helper.Client.get",
    "from helper import Client\nclass Mine(Client):\n    @classmethod\n    def f(cls):\n        cls.create().ping()": "helper.Base.ping",
    "import threading\nclass Mine(threading.Thread):\n    def f(self):\n        self.join()": "threading.Thread.join",
    # attributes
    "from helper import client\nclient.http.get('x')": "requests.Session.get",
    "from helper import client\nclient.base.ping()": "helper.Base.ping",
    "from helper import client\nclient.other.get()": "helper.Client.get",
    "from helper import client\nclient.noted.get()": "helper.Client.get",
    "from helper import client\nclient.parent.get()": "helper.Client.get",
    "from helper import client\nclient.session.get('x')": "requests.Session.get",
    "from helper import Options\ndef f(o: Options):\n    o.client.get()": "helper.Client.get",
    "from helper import Options\ndef f(o: Options):\n    for c in o.clients:\n        c.get()": "helper.Client.get",
    # locals
    "from helper import build\nb = build()\nb.get()": "helper.Client.get",
    "from helper import pair\na, b = pair()\na.get()": "helper.Client.get",
    "from helper import Client, Base\na, b = Client(), Base()\nb.ping()": "helper.Base.ping",
    "from helper import build\nif (b := build()):\n    b.get()": "helper.Client.get",
    "from helper import Client\nwith Client() as c:\n    c.get()": "helper.Client.get",
    "from helper import opened\nwith opened() as c:\n    c.get()": "helper.Client.get",
    "from helper import Client\nasync def f():\n    async with Client() as c:\n        c.get()": "helper.Client.get",
    "from helper import abuild\nasync def f():\n    c = await abuild()\n    c.get()": "helper.Client.get",
    "from helper import clients\nfor c in clients():\n    c.get()": "helper.Client.get",
    "from helper import each\nfor c in each():\n    c.get()": "helper.Client.get",
    "from helper import clients\nfound = clients()\n[c.get() for c in found]": "helper.Client.get",
    "from helper import aopened\nasync def f():\n    async with aopened() as c:\n        c.get()": "helper.Client.get",
    "from django.contrib.auth import get_user_model\nget_user_model().objects.get()": "django.contrib.auth.models.UserManager.get",
    "import sqlite3\nwith sqlite3.connect('x') as db:\n    db.cursor().execute('')": "sqlite3.Cursor.execute",
    # parameters and annotations
    "from helper import Client\ndef f(c: Client | None):\n    c.get()": "helper.Client.get",
    "from helper import Client\nfrom typing import Optional\ndef f(c: Optional[Client] = None):\n    c.get()": "helper.Client.get",
    "from helper import Client\nfrom typing import Annotated\ndef f(c: Annotated[Client, Depends()]):\n    c.get()": "helper.Client.get",
    "from helper import Client\ndef f(*, c: 'Client'):\n    c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c: dict[str, Client]):\n    c['x'].get()": "helper.Client.get",
    "from helper import Client\ndef f(c: type[Client]):\n    c().get()": "helper.Client.get",
    "from sqlalchemy.orm import Session\ndef f(db: Session):\n    db.execute('')": "sqlalchemy.orm.Session.execute",
    "from sqlalchemy.orm import Session\nfrom typing import Annotated\nDB = Annotated[Session, Depends()]\ndef f(db: DB):\n    db.query(1).all()": "sqlalchemy.orm.Query.all",
    "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker()\nwith make() as db:\n    db.execute('')": "sqlalchemy.orm.Session.execute",
    "from sqlalchemy.ext.asyncio import async_sessionmaker\nmake = async_sessionmaker()\nasync def f():\n    async with make() as db:\n        db.execute('')": "sqlalchemy.ext.asyncio.AsyncSession.execute",
    "from helper import Client\nfrom sqlalchemy.orm import Mapped\nclass Row:\n    client: Mapped[Client]\nRow().client.get()": "helper.Client.get",
    # functions as values
    "import functools\nfrom helper import load\nfunctools.partial(load, 1)()": "helper.load",
    "from asgiref.sync import sync_to_async\nfrom helper import load\nsync_to_async(load)()": "asgiref.sync.sync_to_async",
    "def outer():\n    def inner(): ...\n    inner()": "app.outer.<locals>.inner",
    # names for types, and strings within annotations
    "from helper import Client\nfrom typing import Annotated\nDep = Annotated[Client, Depends()]\ndef f(c: Dep):\n    c.get()": "helper.Client.get",
    "from helper import Client\nfrom typing import Optional\nMaybe = Optional[Client]\ndef f(c: Maybe):\n    c.get()": "helper.Client.get",
    "from helper import Client\nMaybe = Client | None\ndef f(c: Maybe):\n    c.get()": "helper.Client.get",
    "from helper import Client, Base\nEither = Client | Base\ndef f(c: Either):\n    c.get()": "",
    "from helper import Client\nflags = Client.A | Client.B\ndef f(c: flags):\n    c.get()": "",
    "from helper import Client\nfrom typing import Optional\ndef f(c: Optional['Client']):\n    c.get()": "helper.Client.get",
    "from helper import Client\nfrom typing import Iterable\ndef f(cs: Iterable['Client']):\n    for c in cs:\n        c.get()": "helper.Client.get",
    "from helper import Client\nfrom typing import Literal\ndef f(c: Literal['Client']):\n    c.get()": "",
    "from helper import Client\nfrom typing import Annotated\ndef f(c: Annotated[str, 'Client']):\n    c.get()": "str.get",
    "from helper import Client\nfrom typing import Callable\ndef f(make: Callable[[], Client]):\n    make().get()": "helper.Client.get",
    "from typing import Callable\ndef f(make: Callable):\n    make().get()": "",
    # type variables
    "from typing import Generic, TypeVar\nfrom helper import Client\nT = TypeVar('T')\nclass Rows(Generic[T]):\n    def one(self) -> T: ...\ndef f(rows: Rows[Client]):\n    rows.one().get()": "helper.Client.get",
    "from typing import Generic, TypeVar\nfrom helper import Client\nT = TypeVar('T')\nclass Rows(Generic[T]):\n    def one(self) -> T: ...\ndef f(rows: Rows):\n    rows.one().get()": "",
    "from helper import Client, T\nfrom typing import Generic\nK = T\nclass Rows(Generic[T]):\n    def all(self) -> list[T]: ...\nclass Mine(Rows[Client]): ...\nfor row in Mine().all():\n    row.get()": "helper.Client.get",
    "from typing import Generic, TypeVar\nfrom helper import Client\nT = TypeVar('T')\nclass Rows(Generic[T]):\n    row: T\nclass Mine(Rows[Client]): ...\ndef f(mine: Mine):\n    mine.row.get()": "helper.Client.get",
    "from typing import Generic, TypeVar\nfrom helper import Client\nK = TypeVar('K')\nV = TypeVar('V')\nclass Map(Generic[K, V]):\n    def one(self) -> V: ...\nclass Half(Map[str, V]): ...\ndef f(rows: Half[Client]):\n    rows.one().get()": "helper.Client.get",
    "from typing import TypeVar\nfrom helper import Client\nT = TypeVar('T')\ndef first(rows: list[T]) -> T: ...\ndef f(rows: list[Client]):\n    first(rows).get()": "helper.Client.get",
    "from typing import Type, TypeVar\nfrom helper import Client\nT = TypeVar('T')\nclass Box:\n    def find(self, cls: Type[T]) -> T: ...\nBox().find(Client).get()": "helper.Client.get",
    # containers
    "from helper import Client\ndef f(cs: dict[str, Client]):\n    for _, c in cs.items():\n        c.get()": "helper.Client.get",
    "from helper import Client\ndef f(cs: dict[str, Client]):\n    for c in cs.values():\n        c.get()": "helper.Client.get",
    "from helper import Client\ndef f(cs: dict[str, Client]):\n    for c in cs:\n        c.get()": "str.get",
    "from helper import Client\ndef f(cs: dict[str, Client]):\n    cs.get('x').get()": "helper.Client.get",
    "from helper import Client\ndef f(cs: list[Client]):\n    cs.pop().get()": "helper.Client.get",
    "from helper import Client\ndef f(cs: list[Client]):\n    for n, c in zip(range(3), cs):\n        c.get()": "helper.Client.get",
    "from helper import Client\ndef f(pair: tuple[int, Client]):\n    pair[1].get()": "helper.Client.get",
    "from helper import Client\ndef f(pair: tuple[int, Client], n):\n    pair[n].get()": "",
    "from helper import Client\ndef f(cs: tuple[Client, ...]):\n    cs[3].get()": "helper.Client.get",
    "from contextlib import ExitStack\nfrom helper import Client\nwith ExitStack() as stack:\n    stack.enter_context(Client()).get()": "helper.Client.get",
    "from helper import Client\ndef make():\n    yield Client()\nfor c in make():\n    c.get()": "helper.Client.get",
    "import asyncio\nasync def f():\n    reader, writer = await asyncio.open_connection('x', 1)\n    writer.drain()": "asyncio.StreamWriter.drain",
    "import asyncio\nasync def f():\n    streams = await asyncio.open_unix_connection('x')\n    streams[0].read()": "asyncio.StreamReader.read",
    "import socket\ndef f(server: socket.socket):\n    peer, address = server.accept()\n    peer.recv(1)": "socket.socket.recv",
    # what is None at times, and decorators that give back what they are given
    "from helper import Client\nthe = None\ndef one():\n    global the\n    if the is None:\n        the = Client()\n    return the\none().get()": "helper.Client.get",
    "from helper import Client\ndef one(x):\n    if x:\n        return Client()\n    return None\none(1).get()": "helper.Client.get",
    "from helper import Client, Base\ndef one(x):\n    if x:\n        return Client()\n    return Base() if x else None\none(1).get()": "",
    "import functools\nfrom helper import Client\n@functools.lru_cache(maxsize=1)\ndef one():\n    return Client()\none().get()": "helper.Client.get",
    "from helper import Client\ndef changed(f):\n    def inner():\n        return f().other\n    return inner\n@changed\ndef one():\n    return Client()\none().get()": "",
    # past a test
    "from helper import Client\ndef f(c):\n    if isinstance(c, Client):\n        c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c, ok):\n    if isinstance(c, Client) and ok:\n        c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c):\n    if not isinstance(c, Client):\n        return\n    c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c, ok):\n    if not ok or not isinstance(c, Client):\n        return\n    c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c):\n    if not isinstance(c, Client):\n        print(c)\n    else:\n        c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c):\n    if isinstance(c, Client):\n        print(c)\n    else:\n        raise TypeError\n    c.get()": "helper.Client.get",
    "from helper import Client\ndef f(cs):\n    for c in cs:\n        if not isinstance(c, Client):\n            continue\n        c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c):\n    assert isinstance(c, Client), c\n    c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c):\n    while isinstance(c, Client):\n        c.get()": "helper.Client.get",
    "from helper import Base, Client\ndef f(c: Base):\n    if isinstance(c, Client):\n        c.get()": "helper.Client.get",
    "from helper import Base, Client\ndef f(c: Client):\n    if isinstance(c, Base):\n        c.get()": "helper.Client.get",
    "from helper import Base, Client\ndef f(c: 'Client | Base'):\n    if isinstance(c, Client):\n        c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c):\n    match c:\n        case Client():\n            c.get()": "helper.Client.get",
    "from helper import Client\ndef f(m):\n    match m:\n        case Client() as c:\n            c.get()": "helper.Client.get",
    "from helper import Client\ndef f(m):\n    match m:\n        case {'client': Client() as c}:\n            c.get()": "helper.Client.get",
    "from helper import Client\ndef f(c):\n    if isinstance(c, Client) and c.get():\n        print": "helper.Client.get",
    "from helper import Client\ndef f(c):\n    if not isinstance(c, Client) or c.get():\n        print": "helper.Client.get",
    # where the test does not say it, or no longer
    "from helper import Client\ndef f(c):\n    if isinstance(c, Client) or c.get():\n        print": "",
    "from helper import Client\ndef f(c, ok):\n    if isinstance(c, Client) or ok:\n        c.get()": "",
    "from helper import Client\ndef f(c, ok):\n    if not isinstance(c, Client) and ok:\n        return\n    c.get()": "",
    "from helper import Client\ndef f(c):\n    if not isinstance(c, Client):\n        print(c)\n    c.get()": "",
    "from helper import Client\ndef f(c):\n    if isinstance(c, Client):\n        print(c)\n    c.get()": "",
    "from helper import Client\ndef f(c):\n    if isinstance(c, Client):\n        c = other()\n        c.get()": "",
    "from helper import Client\ndef f(c, n):\n    if isinstance(c, Client):\n        for _ in n:\n            c.get()\n            c = n": "",
    "from helper import Base, Client\ndef f(c):\n    if isinstance(c, (Client, Base)):\n        c.get()": "",
    "from helper import Client\ndef f(c, ok):\n    assert isinstance(c, Client) or ok\n    c.get()": "",
    "from helper import Client\ndef f(c, d):\n    if isinstance(d, Client):\n        c.get()": "",
    "from helper import Client\ndef f(c):\n    match c:\n        case Client() | None:\n            c.get()": "",
    "from helper import Client\ndef f(c):\n    match c:\n        case Client():\n            pass\n        case _:\n            c.get()": "",
    # unknown stays unknown
    "def f(c):\n    c.get()": "",
    "from helper import Client, Base\nc = Client() if x else Base()\nc.get()": "",
    "from helper import Client\ndef f():\n    c = Client()\n    c = other()\n    c.get()": "",
    "from helper import Client\ndef f(c):\n    if c is None:\n        c = Client()\n    c.get()": "helper.Client.get",
    "from helper import Client, Base\ndef f(c: Base):\n    if x:\n        c = Client()\n    c.ping()": "",
    "from helper import Client, Base\ndef f(c: Base):\n    c.ping()\n    c = Client()": "helper.Base.ping",
    "from nowhere import *\nsleep(1)": "",
}  # fmt: skip


def target_of_last_call(app: str) -> Target:
    files = {"/w/app.py": app + "\n", "/w/helper.py": HELPER, **PACKAGE}
    checked = check_texts(files)
    file = checked.program.files["/w/app.py"]
    facts = next(facts for _, facts in reversed(file.blocks) if facts.calls)
    call = max(
        (c for c in facts.calls if c.callee != Name("Client")),
        key=lambda c: (c.span.end_line, c.span.end_column, -c.span.line, -c.span.column),
    )
    return View(checked.program, file, facts).target(call)


@pytest.mark.parametrize(
    "app", CASES, ids=lambda app: app.splitlines()[-1].strip() + " | " + app.splitlines()[0]
)
def test_a_call_resolves(app: str) -> None:
    assert target_of_last_call(app).name == CASES[app]


def test_of_two_modules_with_one_name_the_nearer_one_is_meant() -> None:
    """A false alarm, or a missed one, by whichever file was read last."""
    files = {f"/{shop}/{name}": text for shop, kind in (("a", "async "), ("b", ""), ("c", "async "))
             for name, text in (("tools.py", f"{kind}def load(): ...\n"), ("shop.py", "from tools import load\n\n\ndef main():\n    load()\n"))}  # fmt: skip
    for order in (list(files), list(reversed(files))):
        program = check_texts({path: files[path] for path in order})
        told = [path for path in files if any(f.pitfall == "unawaited-call" for f in program.findings(path))]
        assert told == ["/a/shop.py", "/c/shop.py"]


def test_a_module_may_get_the_name_of_its_package() -> None:
    """About a false alarm: `import shop.later as shop` binds shop.later, not shop."""
    client = "class Client:\n    {0}def close(self):\n        {1}self.session.shut()\n"
    files = {
        "shop/__init__.py": "from shop.now import Client\n",
        "shop/now.py": client.format("", ""),
        "shop/later.py": client.format("async ", "await "),
        "app.py": "import shop.later as shop\n\n\nasync def main():\n    await shop.Client().close()\n",
        "old.py": "import shop.later\n\n\nasync def main():\n    await shop.Client().close()\n",
    }
    program = check_texts(files)
    assert program.findings("app.py") == ()
    assert [f.pitfall for f in program.findings("old.py")] == ["await-non-awaitable"]


def test_the_variable_of_a_comprehension_holds_inside_of_it_alone() -> None:
    """About missed alarms, and about one that took the variable of another comprehension for the one that is read."""
    text = """
class Now:
    def close(self): ...

class Later:
    async def close(self): ...

def now() -> list[Now]: ...
def later() -> list[Later]: ...

async def main():
    first = [each for each in now()]
    second = [each for each in later()]
    third = [each.close() for each in now()]
    for one in first:
        one.close()
    for one in second:
        one.close()
    each = Now()
    fourth = [each for each in later()]
    each.close()
"""
    found = check_texts({"app.py": text}).findings("app.py")
    assert [(f.pitfall, f.span.line) for f in found] == [("unawaited-call", 17)]
