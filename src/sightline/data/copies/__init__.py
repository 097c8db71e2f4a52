"""Near copies: pictures made of one another, found by their thumbnails. See docs/decisions/0034."""
