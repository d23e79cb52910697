"""What can be changed: one file per remedy."""
