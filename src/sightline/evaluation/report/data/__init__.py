"""Sections of the report on the pictures themselves: which are near copies, and whether they have drifted."""
