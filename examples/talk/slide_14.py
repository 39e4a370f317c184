"""Slides 14 and 15: two coroutines in a set, in no order, and nobody waits."""

import asyncio

from .accounts import create_user_account, send_created_email


async def my_view(request):
    asyncio.wait({create_user_account(request), send_created_email(request)})
    return "welcome"
