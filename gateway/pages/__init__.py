"""Pages for people: what they have in common is in `gateway.pages.shared`."""
