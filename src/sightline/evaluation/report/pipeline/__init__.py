"""Sections that only a classical pipeline has."""
