"""Producers' figures enter here: producers -> archive (bytes as received) -> landing (typed-as-text
parquet)."""
