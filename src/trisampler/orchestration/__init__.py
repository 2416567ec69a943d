"""The pipeline as tasks of an orchestrator: one process each, one MLflow run for all."""
