"""AwaitLens sees the async pitfalls of a Python program while it is typed."""

__version__ = "0.1.0"
