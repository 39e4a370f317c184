"""What the slides call when somebody signs up."""

from asgiref.sync import sync_to_async

from .models import User


async def create_user_account(request):
    return await User.objects.acreate(name=request.POST["name"])


async def send_created_email(request):
    await sync_to_async(print)("Welcome,", request.POST["name"])


async def verify_valid_user(request):
    return not await User.objects.filter(name=request.POST["name"]).aexists()
