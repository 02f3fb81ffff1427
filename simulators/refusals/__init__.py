"""What every bank refuses in the same way, and why: used by `simulators.bank` alone.

Begin with `cause`. The reasons that a bank's module gives itself are in `simulators.reasons`.

    cause       why an answer that is on its way refuses
    nearest     the operation that a call meant which is none of the bank's
    quotas      the limits of calls that a bank keeps
"""
