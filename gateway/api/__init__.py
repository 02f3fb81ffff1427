"""The HTTP interface: controllers that parse, call and render.

Begin with `statements`, the endpoint that an ERP reads. Each other resource has a module of its name: `accounts`,
`integrations`, `changes`, `imports`, `webhooks`, `banks`, `holders`, `keys`, `audit`, `connect`, `health`.

    observing, entrance, connections  what each request passes first: id and log line, turn, limits
    requests, rates, attending        its key, its rate, and the end of its work when the caller hangs up
    bodies, parameters, formats       what callers send, read strictly
    problems, connection_problems     every answer that is not a success
    document, documented, described   the OpenAPI document

Nothing here decides about accounts or banks: that is done in `gateway.accounts`.
"""
