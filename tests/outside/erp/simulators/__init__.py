"""A package of the ERP that has nothing to do with banks."""

__all__ = ["OWN"]

OWN = True
