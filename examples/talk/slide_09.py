"""Slides 9 to 11: the ORM, called from an async view."""

from django.shortcuts import render

from .models import Book


async def my_view(request):
    book = Book.objects.get(id=1)
    return render(request, "book.html", {"book": book})
