"""What can be trained: one file per architecture."""
