"""How well models compare pictures."""
