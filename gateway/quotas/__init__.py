"""What banks count: whose calls count together, and which calls count now.

    clients       the client and the account by which a bank counts
    reservations  the calls that one documented quota counts, as a value

Values alone: the line waits by them (`gateway.line.quota`), and storage keeps them for all processes
(`gateway.storage.quotas`). Neither knows the other.
"""
