"""Colour, texture and shape: pictures to local descriptors."""
