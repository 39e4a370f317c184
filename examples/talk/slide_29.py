"""Slides 29 to 31: the connection that was set up is the one that is used, since asgiref 3.3."""

from asgiref.sync import sync_to_async
from django.db import connection, transaction

from .models import User


@sync_to_async
def setup_conn():
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")


@sync_to_async
def deactivate_users():
    with transaction.atomic():
        for user in User.objects.filter(old=True):
            user.save()


async def my_view(request):
    await setup_conn()
    await deactivate_users()
