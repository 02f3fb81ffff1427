"""Tells webhooks what has happened.

    addresses   which addresses may be called, and the one that a name stands for at this moment
    registry    a tenant's webhooks: made, listed, tested, given another secret, removed
    announcements  the ends of certificates, told in time
    sender      sends what is due, signed after Standard Webhooks, until it was taken or is given up

What is due stands in the database alone (`gateway.storage.webhooks.deliveries`).
"""
