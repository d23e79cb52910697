"""What is wrong with the data: checks, what each finding costs, and how it is mended."""
