"""What a model file keeps beside its network, as arrays; nothing of it is run."""
