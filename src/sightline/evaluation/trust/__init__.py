"""What promises about new pictures stand on, what they are worth, and which pictures none is made about."""
