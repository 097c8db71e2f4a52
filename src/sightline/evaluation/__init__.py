"""Labels and probabilities in, figures, verdicts and a report out; knows no model and no file format."""
