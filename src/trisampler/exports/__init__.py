"""Negatives for other toolkits: one module each, all from the same tables.

| toolkit | module |
|---|---|
| sentence-transformers | `sentence_transformers`: a `datasets.Dataset`, and `mine_hard_negatives` |
| tevatron | `tevatron`: JSON lines with passages, or with ids and a corpus beside them |
| FlagEmbedding | `flagembedding`: JSON lines |
| DPR | `dpr`: a JSON array |

The tables are those of a round: negatives, corpus, queries, judgements; or those that
`negatives.mine_negatives` returns. Files appear whole or not at all, and are compressed where
their names end in .gz.
"""
