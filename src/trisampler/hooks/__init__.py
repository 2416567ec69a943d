"""Kedro hooks: configuration checks, MLflow tracking, the summary at the end."""
