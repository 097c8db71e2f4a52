"""From uploaded pictures to answers: the models that are served, and the batches that requests share."""
