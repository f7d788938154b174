"""Measurements of the README, each beside something measured in the same run."""
