"""One read-only statement endpoint in front of Brazilian banks.

Begin with `api.statements`, the endpoint, and follow a request down: `accounts.reading` decides whether the bank is
asked, `statement` makes the statement, a module of `connectors` speaks the bank's API, `line` carries its requests.

What everything rests on:

    model, errors, events, actions            the domain, failures as one tree, what has happened, who acts
    calendar, clock                           days and instants
    claims                                    what only one process may spend, looked at before it is sent
    tax_ids, entry_ids, amounts               numbers, ids and amounts in their one form
    limits, settings, setting_names           every bound with its reason; what an operator sets
    logs, metrics, tracing, redaction         what is observed, without secrets
    texts, http, causes                       texts made safe, what HTTP says, and chains of errors

From the bank to the statement:

    line, auth, quotas, concurrency           requests on their way, tokens, limits of calls, queues and locks
    flow, responses, large_json, unreadable   a conversation with a bank, and its answers
    judgement, refusal_words, clocks_apart    what an answer means, and whether a wrong clock explains it
    connectors, completeness, statement       each bank's API, proof that nothing is missing, one statement

From the statement to those who use it:

    accounts, certificates, storage           what may be read and for whom; credentials; every table and query
    importing, webhooks, work                 the daily import, events told, work that no caller waits for
    api, render, pages, help                  the HTTP interface, formats, pages and help for people
    app, parts, serving, state_folder         the composition of the application, and its process
    cli, commands                             the command line; `__main__` starts it
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
