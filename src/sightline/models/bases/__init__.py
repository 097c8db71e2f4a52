"""Bases: networks that have learnt to see already, where their weights are found, and how they read a picture."""
