"""Tenants, and the record of who managed what."""
