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
