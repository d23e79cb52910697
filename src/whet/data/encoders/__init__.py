"""Fitted preprocessing: one file per modality."""
