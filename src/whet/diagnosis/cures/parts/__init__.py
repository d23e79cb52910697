"""What several cures need: ways to change a copy of a script's model, optimiser, loss, loader or forward pass."""
