"""Slide 16: one after the other."""

from .accounts import create_user_account, send_created_email


async def my_view(request):
    await create_user_account(request)
    await send_created_email(request)
    return "welcome"
