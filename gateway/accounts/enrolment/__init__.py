"""An account is registered, and new credentials take the place of none or of old ones: checked, tried, consented to.

details       what was typed of an account, against the contract
forms         a filled-in credential form
mending       what is typed anew, laid over the credentials that are stored
checks        what can be checked before a bank is asked, while a form is being filled in
consent       the account holder goes to the bank's page and comes back with a code
verification  new credentials are tried at the bank
held          the account that a bank names, compared with the one that was typed in
"""
