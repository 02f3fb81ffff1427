"""What a bank is asked with: an account's credentials and environment, and tokens, each renewed once.

at_banks     an account as its bank is asked for it; removes our own secrets from failures in which it quotes them
tokens       provides tokens: one renewal however many callers wait
token_claim  the claim of one renewal, so that one process spends a refresh token
renewals     renews tokens that no statement uses, in the order of an `agenda`
"""
