"""What sqlfluff's Jinja sees of dbt's `flags`: no command that reads a base."""

WHICH = "lint"
