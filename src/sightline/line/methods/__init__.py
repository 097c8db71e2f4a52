"""The kinds of model, and how each is learnt."""
