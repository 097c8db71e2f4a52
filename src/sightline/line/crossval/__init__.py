"""Cross-validation: every picture outside the test part is answered by a model that has not learnt from it."""
