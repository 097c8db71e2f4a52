"""What augmentation makes of some pictures, shown before any training."""
