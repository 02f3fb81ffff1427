"""The HTTP interface: controllers that parse, call and render."""
