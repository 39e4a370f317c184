"""The models that the slides talk about."""

from django.db import models


class Book(models.Model):
    title = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=6, decimal_places=2)


class User(models.Model):
    name = models.CharField(max_length=200)
    old = models.BooleanField(default=False)
