"""What distances between pictures are worth: same or different, and from one picture or a few."""
