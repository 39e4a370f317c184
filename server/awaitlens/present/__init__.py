"""Findings and lessons as words and pictures. No protocol types in here."""
