"""The search for good settings: trials of an Optuna study that look at validation pictures alone."""
