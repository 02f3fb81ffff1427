"""What helps somebody who adds a bank: its first files, and exchanges made of recorded traffic."""
