"""Measures of a network: its sizes, what its units see, what its layers make of a picture. Nothing is changed."""
