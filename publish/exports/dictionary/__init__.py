"""The dictionary as a static site: French, no server, no network, keyboard and screen reader first."""
