"""A statement in the formats the gateway offers."""
