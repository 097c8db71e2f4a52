"""What all pages share, and the two that are no report: the inside of a network, and a model's card."""
