"""Words in, pages out: settings, the verbs, the command line and the scikit-learn estimator."""
