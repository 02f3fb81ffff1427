"""Tenants and API keys, accounts, integrations, the credential vault, and what stores them."""
