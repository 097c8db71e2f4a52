"""The pages that show a finished model: its card, and its layers from inside."""
