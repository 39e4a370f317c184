"""Slide 26: with an await it must be async, must it not?"""

import asyncio
import time

import httpx

client = httpx.AsyncClient()
ready = False


def send_email():
    print("ready")


async def run():
    await client.get("some-url")
    ready = True


async def notify():
    while not ready:
        await time.sleep(0.01)
    send_email()


async def main():
    asyncio.wait({run, notify})
