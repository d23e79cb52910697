"""Copies, groups and splits: what lets a score look better than it is."""
