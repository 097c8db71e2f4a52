"""Transfer learning: a base that has learnt to see, and a head on what it sees."""
