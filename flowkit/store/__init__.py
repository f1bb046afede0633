"""The only room that speaks SQL: tables, the statements over them, one connection a thread, migrations, sealed values.

It knows rows. What a row means, when one is written and who decides that is not its business.
"""
