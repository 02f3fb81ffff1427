"""What HTTP says, wherever it is spoken: with callers, with banks, with webhooks.

    dates          dates of headers
    retry_headers  when a bank says to ask again
    one_answer     connections on which each request has one answer, whose head is bounded, and how they are opened

Each stands alone; `one_answer` carries the requests to banks and to webhooks.
"""
