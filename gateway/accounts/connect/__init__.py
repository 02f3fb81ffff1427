"""Sessions of the connect page, in which a person connects an account; its HTML is in `gateway.pages.connect`.

sessions   made by a tenant's program, opened once by a browser, known afterwards by their forms
content    what was typed, and what is to be shown
enabling   the work at the bank that a page has begun, which ends by itself
addresses  where a page may lead back to, and what may frame it
"""
