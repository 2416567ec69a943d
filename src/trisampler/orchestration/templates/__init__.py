"""Jinja2 templates of this package."""
