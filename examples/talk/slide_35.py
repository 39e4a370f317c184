"""Slide 35: SynchronousOnlyOperation, and what Django cannot save you from."""

from django.contrib.auth import login
from django.core.cache import cache
from django.core.mail import send_mail

from .models import Book


async def shelf(request):
    books = Book.objects.filter(price__lt=10)
    for book in books:
        print(book.title)
    if Book.objects.filter(price=0):
        return list(Book.objects.all())
    return books[0]


async def sign_up(request, user):
    user_count = Book.objects.count()
    login(request, user)
    cache.set("count", user_count)
    send_mail("Welcome", "Glad to see you", None, [user.email])
