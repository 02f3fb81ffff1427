"""The connect page: a person connects, enables or repairs an account, led by the hand. See `docs/connect.md`."""
