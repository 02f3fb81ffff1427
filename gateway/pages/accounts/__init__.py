"""Account pages, in Portuguese, for those who operate accounts: each shows what the API gives to the same key."""
