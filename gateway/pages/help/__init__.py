"""Help pages: the help of `gateway.help` for browsers, and the same as data for programs.

`routes` has the addresses, `views` makes the pages.
"""
