"""The model as a folder: save, load, verify."""
