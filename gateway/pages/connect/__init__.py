"""The connect page: a person connects, enables or repairs an account, led by the hand. See `docs/connect.md`.

    routes     the addresses: begin here
    steps      what each button does, and which page a session shows
    views      which values stand on which page; `shown` makes texts of them, `words` has the Portuguese
    forms      what a browser sends
    frame      what all these pages have in common
    returning  the way back from the bank's own page

Sessions, and the work at the bank that a page begins, are in `gateway.accounts.connect`.
"""
