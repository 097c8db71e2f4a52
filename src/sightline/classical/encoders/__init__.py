"""Local descriptors to one vector a picture."""
