"""How several trained models become one: ways of combining their scores, and the choice among the ways."""
