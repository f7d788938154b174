"""One module per producers' service; each exposes `register(app: ReplicaApp) -> None` (see
`extract.replica.app`)."""
