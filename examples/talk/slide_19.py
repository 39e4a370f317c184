"""Slides 19 to 21: a transaction around awaits."""

from django.db import transaction

from .accounts import verify_valid_user
from .slide_18 import create_user_account


async def my_view(request):
    with transaction.atomic():
        await verify_valid_user(request)
        await create_user_account(request.POST["name"])
