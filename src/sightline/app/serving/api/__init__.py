"""The addresses of the service and the shapes of its answers."""
