"""Approvals: who is asked to sign, in which order, what each answered, and what that comes to."""
