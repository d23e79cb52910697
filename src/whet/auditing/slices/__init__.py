"""Groups of examples in which a model is weak, found or named."""
