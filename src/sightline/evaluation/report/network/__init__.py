"""Sections that only a network has."""
