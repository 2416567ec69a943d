"""Raw data in; corpus, queries, judgements and a report out."""
