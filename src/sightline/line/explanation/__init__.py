"""Why a model's answers to some pictures are what they are: everything that ``sightline explain`` shows."""
