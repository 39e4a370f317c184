import json
from collections.abc import Callable, Iterator

import pytest
from tests.edge.driver import RICH, Driver, Json

Connect = Callable[[Json], Driver]


@pytest.fixture
def start() -> Iterator[Callable[..., Driver]]:
    """Start server processes; all are gone when the test is over."""
    started: list[Driver] = []

    def begin(*command: str) -> Driver:
        started.append(Driver(list(command) or None))
        return started[-1]

    yield begin
    for driver in started:
        driver.close()


@pytest.fixture
def driver(start: Callable[..., Driver]) -> Driver:
    """A server that has been told nothing yet."""
    return start()


@pytest.fixture(scope="session")
def connected() -> Iterator[Connect]:
    """Servers by their client's capabilities. One that was not asked to leave serves the next test as well."""
    drivers: dict[str, Driver] = {}

    def begin(capabilities: Json) -> Driver:
        key = json.dumps(capabilities)
        if key in drivers and not drivers[key].left:
            drivers[key].reset()
            return drivers[key]
        if key in drivers:
            drivers[key].close()
        drivers[key] = Driver()
        drivers[key].initialize(capabilities)
        return drivers[key]

    yield begin
    for driver in drivers.values():
        driver.close()


@pytest.fixture
def connect(connected: Connect) -> Connect:
    """A server initialized by a client of the given capabilities, with nothing open."""
    return connected


@pytest.fixture
def client(connected: Connect) -> Driver:
    """A server initialized by a client that can do everything and takes pushed diagnostics."""
    return connected(RICH)
