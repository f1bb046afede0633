"""Outside systems: what they are asked, what their answers mean, and what they may tell us.

The noun and its judging (`connector`, `operation`, `answers`, `incoming`) are pure; only `http` speaks to a network. It
knows no workflow and no outbox: what is asked, when, and how often again is decided by whoever calls.
"""
