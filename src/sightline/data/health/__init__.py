"""What is doubtful about pictures that can all be read: changes that alter a label."""
