"""A field: its type, limits and conditions. One shape for forms, entities, rows, workflows, calls and decision results."""
