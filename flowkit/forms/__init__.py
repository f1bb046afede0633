"""Forms: what is asked, what must be there and when, what is checked."""
