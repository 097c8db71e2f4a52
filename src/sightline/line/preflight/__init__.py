"""The pre-flight of a data set with its settings, and that of any torch module."""
