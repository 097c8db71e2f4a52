"""The training loop and what it is made of; takes any module, any batches, any objective."""
