"""The way out: addresses read in one way, judged in one way, and connections that cost no more than was granted."""
