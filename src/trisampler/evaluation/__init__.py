"""What a ranking is worth: run files, measures, significance, plots, report and model card."""
