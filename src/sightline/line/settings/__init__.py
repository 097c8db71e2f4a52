"""What a training is told: every setting by its name, its table, its rule, and its value.

A setting is declared once, in the section beside the objects that it makes; `tables` joins the sections.
"""
