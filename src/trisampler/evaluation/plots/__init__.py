"""Figures of the report and of kedro-viz, drawn without matplotlib's global state."""
