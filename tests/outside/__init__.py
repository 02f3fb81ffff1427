"""Banks of other distributions, each in a folder as a stranger keeps it, and the tests that all of them pass."""
