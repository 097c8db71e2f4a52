"""What is more than chance: tests and intervals of differences."""
