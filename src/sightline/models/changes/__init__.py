"""What changes a network as its author wrote it."""
