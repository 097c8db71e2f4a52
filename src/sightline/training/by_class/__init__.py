"""Classes as the unit of a step: so many of them, so many samples of each."""
