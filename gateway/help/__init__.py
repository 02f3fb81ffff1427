"""The help in Portuguese: what happened, why, and what to do, for each code of the catalogue.

It is made of the catalogue, the contracts and `contracts/help.yaml`, and of nothing that belongs to a tenant.
"""
