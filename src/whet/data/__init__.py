"""How examples come in: sources, schema inference, decode-once store, splits, encoders."""
