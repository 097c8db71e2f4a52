"""What the report of a model that compares pictures shows."""
