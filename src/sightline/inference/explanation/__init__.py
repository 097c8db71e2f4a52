"""Why a picture got its answer: one way of explaining a file."""
