"""How one recipe becomes a trained model."""
