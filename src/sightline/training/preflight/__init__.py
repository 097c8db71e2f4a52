"""What is asked of a training before it costs anything: network, samples, objective and steps, each on a copy."""
