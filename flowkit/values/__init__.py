"""Value types: how what a person typed becomes a value, how it is stored and how an expression sees it."""
