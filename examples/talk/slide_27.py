"""Slide 27: the right sleep. Three more things are wrong."""

import asyncio

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
        await asyncio.sleep(0.01)
    send_email()


async def main():
    asyncio.wait({run, notify})
