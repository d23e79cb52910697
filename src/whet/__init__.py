"""Whet sharpens deep-learning models."""
