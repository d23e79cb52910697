"""Experiments on copies of a training script's parts: each is a function of a case, run through ``Case.ask``."""
