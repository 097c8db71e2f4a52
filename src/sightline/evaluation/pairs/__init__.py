"""What is so or not, by one number: whether two samples are of one class, by how far apart they are."""
