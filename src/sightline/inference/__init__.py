"""The bundle that is shipped, and the classifier that it becomes."""
