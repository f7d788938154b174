"""Loopback stand-in of the producers' services: real figures, true wire formats, nothing invented.

`python -m extract.replica --port 0 --port-file FILE` serves on 127.0.0.1;
`extract.replica.process.replica()` starts it for the length of a `with` block. A producer's
`https://host/path?query` is served at `/host/path?query`.
"""
