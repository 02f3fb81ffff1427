"""The HTTP interface: controllers that parse, call and render.

Begin with `statements`, the endpoint that an ERP reads. Each other resource has a module of its name: `accounts`,
`integrations`, `changes`, `imports`, `webhooks`, `banks`, `holders`, `keys`, `audit`, `connect`, `health`.

    without_upgrade, heads                what is parsed of a request, and which heads are refused
    observing, entrance, connections      what each request passes first: id and log line, turn, limits
    requests, rates, attending            its key, its rate, and the end of its work when the caller hangs up
    bodies, invalid_bodies, parameters    what callers send, read strictly
    formats, accepting, codings           which representation of an answer is sent
    freshness                             the age of an answer, and whether the caller has it already
    problems, connection_problems         every answer that is not a success
    document, documented, described       the OpenAPI document

`parts` gives handlers the parts of the application.

Nothing here decides about accounts or banks: that is done in `gateway.accounts`.
"""
