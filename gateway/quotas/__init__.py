"""How banks count calls: whose calls count together, and which calls count now.

    clients       the client and the account by which a bank counts
    reservations  the calls that one documented quota counts, as a value

Both are plain values: the line waits by them (`gateway.line.quota`), and storage keeps them for all processes
(`gateway.storage.shared.quotas`); neither of these knows the other.
"""
