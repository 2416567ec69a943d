"""One script per speed claim. Each prints a table and, with --json, one JSON line at the end."""
