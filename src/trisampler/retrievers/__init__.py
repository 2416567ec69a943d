"""Whatever answers queries with documents: a bundle, an encoder over a corpus, BM25.

| module | |
|---|---|
| `retriever` | what they have in common |
| `bundled`, `over_corpus` | the three of them |
| `naming` | how a user names one: `NAME=WHAT,setting=value` |
| `locating` | which bundle is meant where none is named |
| `opening` | from a name to what answers |
| `query_files` | queries from a file |
"""
