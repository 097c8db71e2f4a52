"""Similarity: networks whose distance tells same from different, also of classes that come later."""
