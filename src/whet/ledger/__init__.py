"""What was tried and what it was worth: records, the judge, the sealed test."""
