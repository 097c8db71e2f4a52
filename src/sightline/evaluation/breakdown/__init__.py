"""What a single figure hides: kinds of pictures that fare worse, damaged pictures, and other seeds."""
