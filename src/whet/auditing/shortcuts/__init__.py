"""Properties that should not tell the label, and how far they do."""
