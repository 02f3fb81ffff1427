"""Whether a bank may be asked for an account, and how a bank or an integration has been doing.

usable       whether the bank may be asked at all, by the integration's stored state
pauses       the operator's pauses of a bank or of one connection
expiring     credentials that end on a date
refusals     whether a refusal stops an integration or may pass
suspension   stops asking a bank that has failed for long
shown        an integration as callers see it
bank_health  how each bank has been doing
"""
