"""The database: connections, schema, transactions."""
