"""What processes agree on that share a database."""
