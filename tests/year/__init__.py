"""A year in the life of an account, as an ERP sees it."""
