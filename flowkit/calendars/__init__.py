"""Business time: when a place is open, and what so many open hours or working days after a moment is. Pure."""
