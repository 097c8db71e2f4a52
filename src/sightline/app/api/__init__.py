"""The product in Python: one file for each ``sightline.VERB``, which the command line and other programs call alike."""
