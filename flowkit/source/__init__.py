"""YAML and CSV text as data that knows the place of every key and value.

Knows the notation and the shapes of key tables; knows no noun and no business. Everything wrong with a text becomes a
`Diagnostic`; nothing here raises for what an author wrote.
"""
