"""What happens in a training, an evaluation, an export, from files to report."""
