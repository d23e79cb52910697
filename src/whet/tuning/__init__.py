"""Search the settings of one recipe: ``whet tune``."""
