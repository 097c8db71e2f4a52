"""What a head on a base adds to a report."""
