"""What was read, in the database."""
