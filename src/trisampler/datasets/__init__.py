"""Kedro datasets of the project: each writes its artifact whole or not at all."""
