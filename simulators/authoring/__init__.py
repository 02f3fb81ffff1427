"""Help for the author of a new bank: its first files, and exchanges made of recorded traffic."""
