"""What files of one format say of themselves, read before a decoder is asked."""
