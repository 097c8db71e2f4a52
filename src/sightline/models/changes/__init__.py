"""Changes to a network after its author wrote it, and its blocks and heads."""
