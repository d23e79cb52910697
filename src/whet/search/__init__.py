"""Which settings: one typed search space, methods that walk through it, and a study that survives a kill."""
