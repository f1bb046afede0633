"""The shell around the judge: takes commands, fetches facts, writes what was decided, keeps the time, sends messages.

Here threads and transactions live. What a command comes to is decided in `engine`, how rows are kept in `store`.
"""
