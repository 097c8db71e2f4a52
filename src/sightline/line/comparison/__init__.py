"""Several models beside one another: on one test part, or run by run in a folder."""
