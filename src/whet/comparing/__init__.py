"""Side by side: kinds of model measured on the same data, advice before any training, and the catalogue of them all."""
