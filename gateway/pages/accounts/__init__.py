"""Account pages, in Portuguese, for those who operate accounts: each shows what the API gives to the same key.

routes    the addresses: begin here
signing   who may see them, with `sessions` as a sealed cookie
views     which values stand on which page; `shown` makes texts of them, `words` has the Portuguese
"""
