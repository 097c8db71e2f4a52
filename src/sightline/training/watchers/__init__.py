"""What looks on while a network is trained."""
