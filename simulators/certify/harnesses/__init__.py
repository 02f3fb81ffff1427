"""The ways of running an adapter, and what is seen of it meanwhile.

Begin with `pure`, which most checks use.

    account                 a simulated bank with one account, which `pure` and `line` put an adapter in front of
    pure                    the adapter alone, without a line
    line                    the whole line of the gateway, without a network
    live                    a reading of a real account at its bank
    sent, conversation      what the bank put on its pages, and one reading as text
    logged                  what was logged or printed
    zone                    the machine's time zone
    effects, bounded        what an adapter may not do besides computing, and an end to what it computes
"""
