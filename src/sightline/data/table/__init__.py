"""What a table of pictures may look like."""
