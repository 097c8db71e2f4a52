"""What is made small, and what is counted beside it."""
