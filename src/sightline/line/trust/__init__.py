"""What a training finds out about how far its answers, and its labels, can be trusted."""
