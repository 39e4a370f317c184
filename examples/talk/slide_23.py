"""Slide 23: the same, with nothing to wait for between the read and the write."""

import asyncio

import httpx

client = httpx.AsyncClient()
stats = {"alive": 0, "dead": 0}


async def fetch_site(site):
    response = await client.get(site)
    if response.status_code < 400:
        alive = stats["alive"]
        stats["alive"] = alive + 1


async def main(sites):
    await asyncio.wait([asyncio.create_task(fetch_site(site)) for site in sites])
