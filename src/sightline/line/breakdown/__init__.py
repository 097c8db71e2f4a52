"""What a single figure hides, measured on a model and a catalog: kinds of pictures, damaged pictures, other seeds."""
