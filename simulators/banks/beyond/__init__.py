"""What clients ask of the real banks and the gateway does not: other reads, versions and grants, and writes.

A module here has the slug of a bank and a subclass of the simulated bank of that name, which is opened in its place. It
is optional; adding a bank or changing a connector needs none.
"""
