"""Drawings for pages: curves, layers, planes, tiles; each function returns an element or a ``data:`` address."""
