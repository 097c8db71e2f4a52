"""Files to arrays: decoding, colour spaces, and the one path from a picture to the model's input."""
