"""What goes wrong between question and answer: limits, short tokens, and statement calls that never succeed."""

from simulators.scenarios.scenario import InjectedFault, Scenario

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        name="bank_server_error",
        title="Server error 500",
        does="Every statement call is answered with status 500.",
        expected="bank_server_error",
        faults=(InjectedFault("status", parameters={"status": 500}),),
    ),
    Scenario(
        name="bank_unavailable",
        title="Bank not reachable",
        does="Every statement call is cut without an answer.",
        expected="bank_unavailable",
        faults=(InjectedFault("cut_connection"),),
    ),
    Scenario(
        name="documented_limit",
        title="Documented limit enforced",
        does="The bank refuses every call beyond its documented limits.",
        needs="documented_limit",
        parameters={"quotas": True, "entries_per_day": 2, "busy_day_entries": 0},
    ),
    Scenario(
        name="rate_limited_absurdly",
        title="Rate limited, with an absurd Retry-After",
        does="Every statement call is answered with status 429 that asks to wait for ten years.",
        expected="rate_limited",
        faults=(InjectedFault("status", parameters={"status": 429, "retry_after": 315360000}),),
    ),
    Scenario(
        name="rate_limited_silent",
        title="Rate limited, without Retry-After",
        does="Every statement call is answered with status 429 that does not say how long to wait.",
        expected="rate_limited",
        faults=(InjectedFault("status", parameters={"status": 429, "body": "{}"}),),
    ),
    Scenario(
        name="rate_limited_without_body",
        title="Rate limited, with an empty body",
        does="Every statement call is answered with status 429 and nothing else.",
        expected="rate_limited",
        faults=(InjectedFault("status", parameters={"status": 429, "content_type": ""}),),
    ),
    Scenario(
        name="short_token",
        title="Token that expires between two pages",
        does="Each access token is good for two calls, and pages are short.",
        parameters={"token_uses": 2, "page_size": 5},
        parameters_where_limited={"entries_per_day": 1, "busy_day_entries": 0},
    ),
    Scenario(
        name="smallest_page",
        title="Smallest page",
        does="The bank gives one entry a page.",
        parameters={"page_size": 1, "busy_day_entries": 0},
        parameters_where_limited={"entries_per_day": 0.4},
    ),
    Scenario(
        name="token_always_expired",
        title="Access token never accepted",
        does="The bank takes every access token for expired.",
        expected="invalid_credentials",
        needs="tokens",
        parameters={"token_uses": -1},
    ),
    Scenario(
        name="unexpected_bank_response",
        title="Web page instead of data",
        does="Every statement call is answered with a web page and status 200.",
        expected="unexpected_bank_response",
        faults=(InjectedFault("html_page"),),
    ),
)
