"""The console of the simulators: pages on which a person opens accounts, follows requests, moves the clock.

Every page is about one world. What a page shows is read from that world; what a form changes goes through the control
API, whose rules hold for people as for programs. Begin with `app`, which has the addresses; a module `*_pages` makes
pages, a module `*_view` prepares what they show, with `sentences`, `words` and `comparing`; `place`, `reading` and
`rendering` serve all of them.
"""
