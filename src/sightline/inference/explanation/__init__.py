"""Why a picture got its answer: one way of explaining a file, and what tells a good explanation from a bad one."""
