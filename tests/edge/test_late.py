"""What comes later than the first answer."""

import sys
from pathlib import Path

from tests.edge.driver import RICH, Driver

TEXT = '''\
import subprocess


def make():
    """:rtype: subprocess.Popen"""


async def run():
    make().wait()
'''


def test_what_jedi_knows_is_added_to_what_was_shown(start: type[Driver], tmp_path: Path) -> None:
    driver = start(sys.executable, "-m", "awaitlens", "server")
    driver.initialize(RICH)
    uri = (tmp_path / "jobs.py").as_uri()
    driver.open(uri, TEXT)
    assert driver.published(uri)["diagnostics"] == []
    assert [d["code"] for d in driver.published(uri)["diagnostics"]] == ["blocking-subprocess"]
    assert driver.leave() == 0


PACKAGE = {
    "shopkit/__init__.py": "from .client import Client\n",
    "shopkit/client.py": "class Client:\n    async def order(self, book): ...\n",
}
USER = "from shopkit import Client\n\n\nasync def buy(book):\n    client = Client()\n    client.order(book)\n"


def test_what_an_installed_package_says_is_added(start: type[Driver], tmp_path: Path) -> None:
    """A missed alarm at first, by design: the first answer does not wait for packages to be read."""
    packages = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages"
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("")
    for name, text in PACKAGE.items():
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(text)
    (packages / "shopkit-1.0.dist-info").mkdir()
    driver = start(sys.executable, "-m", "awaitlens", "server")
    driver.initialize(RICH, rootUri=tmp_path.as_uri())
    uri = (tmp_path / "shop.py").as_uri()
    driver.open(uri, USER)
    assert driver.published(uri)["diagnostics"] == []
    assert [d["code"] for d in driver.published(uri)["diagnostics"]] == ["unawaited-call"]
    assert driver.leave() == 0
