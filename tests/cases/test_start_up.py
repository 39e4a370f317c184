"""What an application does before it takes requests keeps nobody waiting; what it does later does."""

from __future__ import annotations

import textwrap

import pytest

from awaitlens.engine import check_texts

HEAD = """
import asyncio
import sqlite3
import time
from contextlib import asynccontextmanager
from fastapi import FastAPI

def load():
    time.sleep(1)
"""
PROGRAMS = {
    # nobody waits yet: false alarms avoided
    """
    @asynccontextmanager
    async def lifespan(app):
        load()
        sqlite3.connect("x.db")
        yield
    app = FastAPI(lifespan=lifespan)
    """: [],
    """
    app = FastAPI()
    @app.on_event("startup")
    async def prepare():
        load()
    """: [],
    # behind an await others may have begun to run, behind the yield they do
    """
    @asynccontextmanager
    async def lifespan(app):
        await connect()
        load()
        yield
        time.sleep(1)
    app = FastAPI(lifespan=lifespan)
    """: ["blocking-call-chain", "blocking-sleep"],
    """
    @asynccontextmanager
    async def lifespan(app):
        yield
        load()
    app = FastAPI(lifespan=lifespan)
    """: ["blocking-call-chain"],
    """
    @asynccontextmanager
    async def lifespan(app):
        asyncio.create_task(listen())
        load()
        yield
    app = FastAPI(lifespan=lifespan)
    """: ["dropped-task", "blocking-call-chain"],
    # nothing says that it is an application's start
    """
    @asynccontextmanager
    async def lifespan(app):
        load()
        yield
    """: ["blocking-call-chain"],
    """
    app = FastAPI()
    @app.on_event("shutdown")
    async def leave():
        load()
    """: ["blocking-call-chain"],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_before_requests_are_taken(program: str) -> None:
    checked = check_texts({"app.py": HEAD + textwrap.dedent(program)})
    assert [finding.pitfall for finding in checked.findings("app.py")] == PROGRAMS[program]
