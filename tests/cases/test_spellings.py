"""The same mistakes as people spell them: dependencies, aliases, factories, handlers; and look-alikes that are right.

`#! name` says what is found on a line, each line of a case that says nothing is silent. "missed" cases are about an
alarm that was not given, "false" ones about one that was.
"""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from awaitlens.engine import check_texts
from awaitlens.settings import Settings

_EXPECTED = re.compile(r"#! ([a-z-]+)")


def differences(case: str) -> tuple[set[tuple[str, int, str]], set[tuple[str, int, str]]]:
    """What is expected and not found, and what is found and not expected: (path, line, pitfall)."""
    parts = re.split(r"^# === (\S+)\n", "# === a.py\n" + dedent(case).lstrip("\n"), flags=re.MULTILINE)
    files = dict(zip(parts[1::2], parts[2::2]))
    program = check_texts(files, Settings())
    found = {(path, f.span.line, f.pitfall) for path in files for f in program.findings(path)}
    expected = {
        (path, number, name)
        for path, text in files.items()
        for number, line in enumerate(text.split("\n"))
        for name in _EXPECTED.findall(line)
    }
    return expected - found, found - expected


CASES = {
    "missed: a session by its annotation": """
        from sqlalchemy.orm import Session

        async def rows(db: Session):
            return db.query("x").all()  #! blocking-database
        """,
    "missed: a session of a session factory": """
        from sqlalchemy.orm import sessionmaker

        SessionLocal = sessionmaker()

        async def rows():
            with SessionLocal() as db:
                db.commit()  #! blocking-database
        """,
    "missed: dependencies of a route, by default, by annotation, by alias, across files": """
        from fastapi import Depends
        from deps import Db, Maybe, get_db, get_notes

        async def by_default(db=Depends(get_db)):
            db.commit()  #! blocking-database

        async def by_alias(db: Db, other: Maybe):
            db.commit()  #! blocking-database
            other.commit()  #! blocking-database

        async def asynchronous(notes=Depends(get_notes)):
            notes.save()  #! unawaited-call
            await notes.save()

        # === deps.py
        from typing import Annotated
        from fastapi import Depends
        from sqlalchemy.orm import Session, sessionmaker

        SessionLocal = sessionmaker()

        def get_db():
            db = SessionLocal()
            yield db

        class Notes:
            async def save(self): ...

        async def get_notes() -> Notes:
            return Notes()

        Db = Annotated[Session, Depends(get_db)]
        Maybe = Session | None
        """,
    "false: flags are no annotation, a dependency may be anything": """
        import re
        from fastapi import Depends

        FLAGS = re.A | re.M

        def settings():
            return {"debug": True}

        async def find(text, options=Depends(settings), unknown=Depends()):
            options.get("debug")
            return re.findall("x", text, FLAGS)
        """,
    "missed: Self of a class method": """
        from typing import Self
        import requests

        class Api:
            def __init__(self):
                self.session = requests.Session()

            @classmethod
            def create(cls) -> Self:
                return cls()

        async def load():
            Api.create().session.get("x")  #! blocking-http
        """,
    "missed: what closing() closes": """
        import sqlite3
        from contextlib import closing

        async def load():
            with closing(sqlite3.connect("x")) as db:  #! blocking-database
                db.execute("x")  #! blocking-database
        """,
    "missed: databases and collections by attribute and by key": """
        from motor.motor_asyncio import AsyncIOMotorClient
        from pymongo import MongoClient

        client = MongoClient()
        motor = AsyncIOMotorClient()

        async def load():
            client.shop.books.find_one({})  #! blocking-database
            client["shop"]["books"].insert_one({})  #! blocking-database
            await motor.shop.books.find_one({})
        """,
    "missed: what a worker thread hands back": """
        import asyncio
        import requests

        def connect() -> requests.Session:
            return requests.Session()

        async def load():
            session = await asyncio.to_thread(connect)
            session.get("x")  #! blocking-http
            loop = asyncio.get_running_loop()
            other = await loop.run_in_executor(None, requests.Session)
            other.get("x")  #! blocking-http
            return await asyncio.to_thread(session.get, "x")
        """,
    "missed: a new condition, event or barrier is waited for all the same": """
        import threading

        async def wait():
            done = threading.Event()
            done.wait()  #! blocking-thread-wait
            lock = threading.Lock()
            lock.acquire()
        """,
    "missed: a socket of one's own; false: one that does not wait": """
        import socket

        async def port_open(host):
            with socket.socket() as peer:
                peer.settimeout(2)
                return peer.connect_ex((host, 80)) == 0  #! blocking-socket-dns

        async def own_address():
            peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            peer.connect(("8.8.8.8", 80))
            return peer.getsockname()

        async def later(peer: socket.socket, timeout):
            mine = socket.socket()
            mine.settimeout(timeout)
            mine.recv(1)
            peer.recv(1)
        """,
    "false: archives in memory": """
        import io
        import zipfile

        async def names(data):
            file = io.BytesIO(data)
            with zipfile.ZipFile(file) as archive:
                return archive.namelist()

        async def of_file(path):
            with zipfile.ZipFile(path) as archive:  #! blocking-file-io
                return archive.namelist()
        """,
    "missed: standard input, passwords": """
        import sys
        from passlib.context import CryptContext

        passwords = CryptContext(schemes=["bcrypt"])

        async def log_in(password, hashed):
            name = sys.stdin.readline()  #! blocking-input
            return name, passwords.verify(password, hashed)  #! blocking-cpu
        """,
    "missed: a protocol that sleeps": """
        import asyncio
        import time

        class Relay(asyncio.Protocol):
            def connection_made(self, transport):
                time.sleep(1)  #! blocking-callback
        """,
    "missed: a function that async_to_sync made, by its name": """
        from tools import decorated, work_sync

        async def main():
            work_sync(3)  #! nested-event-loop
            decorated()  #! nested-event-loop

        def plain():
            work_sync(3)

        # === tools.py
        from asgiref.sync import async_to_sync

        async def work(number): ...

        work_sync = async_to_sync(work)

        @async_to_sync
        async def decorated(): ...
        """,
    "false and missed: a submodule imported by the name of its package": """
        import redis.asyncio as redis
        import redis as plain

        async def load(cache: redis.Redis, other: plain.Redis):
            await cache.get("x")
            cache.set("x", 1)  #! unawaited-call
            other.set("x", 1)  #! blocking-database
        """,
    "missed: what handlers of bots are given": """
        import discord
        from aiogram.types import CallbackQuery, Message
        from discord.ext import commands
        from homeassistant.core import HomeAssistant
        from telegram import Update
        from telegram.ext import ContextTypes

        async def command(ctx: commands.Context, interaction: discord.Interaction):
            ctx.message.delete()  #! unawaited-call
            ctx.channel.send("x")  #! unawaited-call
            interaction.response.send_message("x")  #! unawaited-call
            await interaction.followup.send("x")

        async def start(update: Update, context: ContextTypes.DEFAULT_TYPE):
            update.message.reply_text("x")  #! unawaited-call
            context.bot.send_message(1, "x")  #! unawaited-call
            context.job_queue.run_once(start, 3)

        async def answer(message: Message, query: CallbackQuery):
            message.answer("x")  #! unawaited-call
            query.message.edit_text("x")  #! unawaited-call
            await query.answer()

        async def async_setup(hass: HomeAssistant, config):
            hass.services.async_call("light", "turn_on")  #! unawaited-call
            hass.bus.async_fire("x")
            hass.states.async_set("x", "y")
            return True
        """,
    "missed: methods with async cousins, awaited though they give nothing": """
        import asyncio
        import httpx
        from homeassistant.core import HomeAssistant
        from homeassistant.helpers.entity import Entity
        from sqlalchemy.ext.asyncio import AsyncSession

        async def stop(task: asyncio.Task, done: asyncio.Event, writer: asyncio.StreamWriter):
            await task.cancel()  #! await-non-awaitable
            await done.set()  #! await-non-awaitable
            await writer.close()  #! await-non-awaitable
            await writer.drain()
            await done.wait()

        async def save(db: AsyncSession, row, client: httpx.AsyncClient):
            await db.add(row)  #! await-non-awaitable
            await db.commit()
            response = await client.get("x")
            return await response.json()  #! await-non-awaitable

        async def fire(hass: HomeAssistant):
            await hass.bus.async_fire("x")  #! await-non-awaitable
            await hass.services.async_call("x", "y")

        class Lamp(Entity):
            async def async_turn_on(self):
                await self.async_schedule_update_ha_state()  #! await-non-awaitable
                await self.async_update_ha_state()
        """,
    "missed: an awaited function that is not called; false: what may be anything": """
        class Client:
            async def close(self): ...

            @property
            def closing(self): ...

        async def stop(client: Client, hook=None):
            await client.close  #! await-non-awaitable
            await client.closing
            await hook
        """,
    "missed: a query that is handed to a pool's thread itself; false: one that is only built there": """
        import asyncio
        from asgiref.sync import sync_to_async
        from shop.models import Book

        async def show():
            await asyncio.to_thread(Book.objects.count)  #! orm-off-sensitive-thread
            await asyncio.to_thread(Book.objects.filter, pk=1)
            await sync_to_async(Book.objects.count)()
            await sync_to_async(Book.objects.count, thread_sensitive=False)()  #! orm-off-sensitive-thread
        """,
    "false: a plain handler is one of python-telegram-bot 13, where nothing is awaited": """
        from telegram import Bot, Update
        from telegram.ext import CallbackContext

        def start(update: Update, context: CallbackContext):
            message = update.message.reply_text("x")
            context.bot.send_message(1, message.text)

        Bot("token").send_message(1, "x")
        """,
}


@pytest.mark.parametrize("title", CASES)
def test_spelling(title: str) -> None:
    assert differences(CASES[title]) == (set(), set())
