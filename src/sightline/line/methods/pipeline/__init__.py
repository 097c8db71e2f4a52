"""Classical pipelines: how one is fitted, what it costs, and what a report says of it."""
