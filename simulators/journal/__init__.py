"""The requests that came to the banks, and what is learned from them.

Begin with `records`, where every request to a bank is written.

    records             the journal of a simulation
    shown, har          records as they are shown, and as an HTTP Archive
    masks               secrets hidden in what is shown
    verify              whether the calls that a test expects have come
    politeness          whether the callers kept the limits of the banks
"""
