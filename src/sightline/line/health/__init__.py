"""What a check of a data set makes: its tables and its page."""
