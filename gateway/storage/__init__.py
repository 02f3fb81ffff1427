"""Every table, every query, and the vault that encrypts secrets. Nothing else imports SQLAlchemy."""
