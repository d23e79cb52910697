"""Where trainings run: in this process, or side by side in worker processes."""
