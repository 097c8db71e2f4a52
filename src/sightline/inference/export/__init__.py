"""From a trained network to the graph that ships, its proof, and other programs' kinds of file."""
