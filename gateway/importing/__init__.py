"""The daily import: every account whose integration is enabled is read once on each business day."""
