"""The records of every accepted file, kept: what counts, what a newer file replaced, and the way back."""
