"""The documented functions of one source file, by its syntax tree; nothing is executed."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


class UnreadableSourceError(ValueError):
    """Bytes that are no source code of this interpreter's version."""


@dataclass(frozen=True)
class DefinedFunction:
    """One function or method.

    Attributes:
        name: its path in the module, as `__qualname__` writes it.
        line: where its definition begins, from 1.
        docstring: cleaned of indentation; None where there is none.
        code: decorators, signature and body at the left margin, without docstrings (its own and
            those of what is defined inside it).
    """

    name: str
    line: int
    docstring: str | None
    code: str


def defined_functions(source: bytes) -> Iterator[DefinedFunction]:
    """Yield every function and method of a file in the order of their definitions.

    Raises:
        UnreadableSourceError: the bytes do not decode, or do not parse.
    """
    text = _decode(source)
    tree = _parse(text)
    lines = text.split("\n")
    for name, node in _walk_functions(tree):
        yield DefinedFunction(name, node.lineno, ast.get_docstring(node), _code(node, lines))


def _decode(source: bytes) -> str:
    """Decode as the interpreter would (PEP 263), with line ends as it counts them."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return _LINE_END.sub("\n", source.decode(encoding))
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise UnreadableSourceError(str(error)) from error


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a doubtful escape sequence is no concern of ours
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise UnreadableSourceError(str(error)) from error


def _walk_functions(tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    pending: list[tuple[str, ast.AST]] = [("", node) for node in reversed(tree.body)]
    while pending:
        prefix, node = pending.pop()
        inner = prefix
        if isinstance(node, _Function):
            yield prefix + node.name, node
            inner = f"{prefix}{node.name}.<locals>."
        elif isinstance(node, ast.ClassDef):
            inner = f"{prefix}{node.name}."
        pending.extend((inner, child) for child in reversed(_statements_in(node)))


def _statements_in(node: ast.AST) -> list[ast.AST]:
    """Statements and clauses right inside another; definitions occur nowhere else."""
    return [child for block in _BLOCKS for child in getattr(node, block, ())]


def _docstrings_in(function: _Function) -> Iterator[ast.stmt]:
    pending: list[ast.AST] = [function]
    while pending:
        node = pending.pop()
        if isinstance(node, _Definition) and ast.get_docstring(node, clean=False) is not None:
            yield node.body[0]
        pending.extend(_statements_in(node))


def _code(function: _Function, lines: list[str]) -> str:
    first = min(node.lineno for node in (function, *function.decorator_list))
    kept = lines[first - 1 : function.end_lineno]
    for docstring in sorted(_docstrings_in(function), key=lambda node: -node.lineno):
        _remove(docstring, kept, first)
    indent = re.match(r"[ \t\f]*", kept[0])
    margin = indent.group() if indent else ""
    return "\n".join(line.removeprefix(margin).rstrip() for line in kept).rstrip()


def _remove(statement: ast.stmt, kept: list[str], first: int) -> None:
    """Cut a statement out of the lines; a line that it had to itself goes with it.

    The syntax tree counts columns in bytes of UTF-8.
    """
    end_lineno, end_column = statement.end_lineno, statement.end_col_offset
    start = statement.lineno - first
    end = (end_lineno or statement.lineno) - first
    before = kept[start].encode()[: statement.col_offset].decode()
    after = kept[end].encode()[end_column:].decode().lstrip("; \t")
    rest = before + after
    kept[start : end + 1] = [rest] if rest.strip() else []
