"""Files of answers."""
