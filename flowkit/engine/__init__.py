"""The heart: `decide` judges a command, `apply` folds an event. Both are pure."""
