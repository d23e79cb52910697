"""Readers: one file per form of source."""
