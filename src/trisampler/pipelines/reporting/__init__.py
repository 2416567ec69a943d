"""Tables, plots, the report and the model cards."""
