"""The worlds of a process: apart from each other, and as files.

Begin with `registry`. What one world has is in `simulators.world`, and all of it running in `simulators.simulation`.

    registry        the world that all callers share, and isolated ones with a name
    recognition     to which world a caller belongs
    snapshot        a world as a file that people can read, and out of it
    loading         a snapshot or a ledger brought into running simulators
"""
