"""What happens of a network before its first step: its set-up, its pre-flight, a rate that is measured."""
