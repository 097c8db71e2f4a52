"""The networks as their authors wrote them, one family a file."""
