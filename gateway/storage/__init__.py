"""Every table, every query, and the vault that seals what they hold. Nothing else imports SQLAlchemy."""
