"""Folders, tables, archives and known sets to a catalog; checks, splits and pixels."""
