"""Slides 12 and 13: awaited nowhere, and on its way into the template."""

from django.shortcuts import render

from .models import Book


async def my_view(request):
    book = Book.objects.aget(id=1)
    return render(request, "book.html", {"book": book})
