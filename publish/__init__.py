"""Candidate, checks, release, pointer; and what leaves the release: exports, SQL, status."""
