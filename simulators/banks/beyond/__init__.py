"""What clients ask of the real banks and the gateway does not: other reads, other versions, other grants.

A module here has the slug of a bank and a subclass of the simulated bank of that name, which is opened in its place. It
is optional, and nobody who adds a bank or changes a connector needs to read one.
"""
