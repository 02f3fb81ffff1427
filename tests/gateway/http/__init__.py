"""What HTTP says, wherever it is spoken."""
