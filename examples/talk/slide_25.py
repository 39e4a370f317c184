"""Slide 25: one task waits for another, and never lets it run."""

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
        time.sleep(0.01)
    send_email()


async def main():
    asyncio.wait({run, notify})
