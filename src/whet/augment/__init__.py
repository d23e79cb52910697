"""Label-preserving changes, whole batches at a time."""
