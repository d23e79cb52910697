"""Scripts with one mistake each, and their clean twins."""
