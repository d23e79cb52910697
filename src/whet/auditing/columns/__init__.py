"""What is written in the columns of a table or text, read once and looked at from several sides."""
