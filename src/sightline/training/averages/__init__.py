"""Weights that are the mean of others."""
