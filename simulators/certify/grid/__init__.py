"""Every fault at every step of every bank: the truth, or a failure under its right name.

Begin with `cells`.

    cells     what is tried, and what may come of it
    tables    the outcomes as tables
"""
