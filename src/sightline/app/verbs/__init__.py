"""One verb of the command line a file; each file's `command` is what the line calls."""
