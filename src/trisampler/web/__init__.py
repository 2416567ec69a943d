"""A small web page to ask retrievers and to compare two of them, for one's own machine.

Nothing is loaded from elsewhere, nothing is stored, and every text is escaped.
"""
