"""Slide 30, as it can still go wrong: two functions, two threads, two connections."""

import asyncio

from asgiref.sync import sync_to_async
from django.db import connection, transaction

from .models import User


@sync_to_async(thread_sensitive=False)
def setup_conn():
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")


def deactivate_users():
    with transaction.atomic():
        for user in User.objects.filter(old=True):
            user.save()


async def my_view(request):
    await setup_conn()
    await asyncio.to_thread(deactivate_users)


async def my_other_view(request):
    await sync_to_async(deactivate_users, thread_sensitive=False)()


async def my_third_view(request):
    await asyncio.get_running_loop().run_in_executor(None, deactivate_users)
