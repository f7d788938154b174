"""What must hold before a release is published, in words, and the runner that judges it."""
