"""What a network costs, sees and does: measured, nothing is changed."""
