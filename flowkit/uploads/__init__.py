"""Files that people send: what they are by their content, and made harmless. Knows no case, person or database."""
