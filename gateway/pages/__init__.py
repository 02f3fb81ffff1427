"""Pages for people. What they have in common is in `shared`; `words` and `chart` are parts of them; `sent`
reads what a browser sends.

    help      what each code of the catalogue means and what to do; without a key
    connect   where an account's holder connects or repairs it; with a token
    consent   where the bank sends a browser back at the end of a consent flow
    accounts  how a tenant's accounts stand; with a key

They ask the services that the API asks. The API knows none of them.
"""
