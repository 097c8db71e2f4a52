"""What any page or service of ours needs of HTTP: bounds, deadlines, security, a log, static files; no models."""
