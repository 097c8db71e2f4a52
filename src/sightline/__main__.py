"""``python -m sightline``: the command line, for where its script is not on the path."""

from sightline.app.cli import main

if __name__ == "__main__":
    main()
