"""Classes that are added to a model file, or taken away again, without training."""
