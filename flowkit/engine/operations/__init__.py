"""What people do with a case besides the actions of its workflow: the same everywhere, written once, in no YAML."""
