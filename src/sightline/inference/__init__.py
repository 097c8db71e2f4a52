"""The bundle that is shipped, and the model of any task that it becomes."""
