"""Accounts and their integrations in the database."""
