"""Whole workspaces: many files checked in several processes, and what was found kept for the next time."""
