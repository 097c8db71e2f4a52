"""What is doubtful about pictures that can all be read: names, parts, ranges, changes that alter a label."""
