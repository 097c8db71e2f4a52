"""How many odd inputs are tried: a few, always the same, by default; `benchmarks/odd_inputs.py` tries others."""

from hypothesis import settings

settings.register_profile("tiny", max_examples=1)
settings.register_profile("many", max_examples=400)
