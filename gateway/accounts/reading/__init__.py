"""Statements are read, at the bank or from the store, and all who ask for the same share one reading.

readings  whether the bank is asked, and who shares a reading
look_ups  looks accounts up in turn, and lets through those that may be read
leases    one reading for all processes
"""
