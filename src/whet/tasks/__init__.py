"""What is asked of the data: one file per task."""
