"""What every picture becomes before it is learnt from: size, colours and range of values."""
