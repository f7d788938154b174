"""The shared SQL service: a front that knows the readers, before workers that each hold one release open,
read-only.

A reader's DuckDB speaks the Quack protocol to the front. The front checks the token, judges each statement,
keeps the journal, bounds connections and durations, and hands the bytes to the worker of the release that
the session was opened on. A worker is a DuckDB process behind `quack_serve`, with external access off, its
configuration locked, its memory and threads bounded. Sessions keep one release: a client reads attached
tables by position of column, so that moving a session to another release could give a wrong number.
"""
