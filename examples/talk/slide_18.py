"""Slide 18: how Django 3.1 does database access from async code."""

from asgiref.sync import sync_to_async

from .models import User


# This is how you need to do DB access in 3.1
@sync_to_async
def create_user_account(name):
    return User.objects.create(name=name)


async def my_view(request):
    await create_user_account(request.POST["name"])
