"""Functions found in source code, and the sentence that stands for the question."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from trisampler.corpora.python_functions import (
    DefinedFunction,
    UnreadableSourceError,
    defined_functions,
)
from trisampler.corpora.python_summary import docstring_summary


def functions(source: str) -> dict[str, DefinedFunction]:
    found = list(defined_functions(textwrap.dedent(source).encode()))
    return {function.name: function for function in found}


def test_names_as_python_writes_them() -> None:
    source = """
    def plain(): pass
    class Outer:
        def method(self):
            def inner():
                class Local:
                    async def deep(self): pass
        class Inner:
            @property
            def value(self): pass
    if True:
        def branch(): pass
    elif False:
        def other(): pass
    else:
        try:
            def tried(): pass
        except OSError:
            def caught(): pass
        else:
            with open("x"):
                def opened(): pass
        finally:
            def at_last(): pass
    match 1:
        case 1:
            def matched(): pass
    """
    assert list(functions(source)) == [
        "plain",
        "Outer.method",
        "Outer.method.<locals>.inner",
        "Outer.method.<locals>.inner.<locals>.Local.deep",
        "Outer.Inner.value",
        "branch",
        "other",
        "tried",
        "caught",
        "opened",
        "at_last",
        "matched",
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('def f():\n    """Doc."""\n    return 1\n', "def f():\n    return 1"),
        ('def f():\n    """Doc\n\n    more\n    """\n\n    return 1\n', "def f():\n\n    return 1"),
        ('def f(): "doc"; return 1', "def f(): return 1"),
        ('def f():\n    "é"; x = 1\n    return x', "def f():\n    x = 1\n    return x"),
        ('def f():\n    """D."""  # why\n    return 1', "def f():\n    # why\n    return 1"),
        ('def f():\n    ("one"\n     "two")\n    return 1', "def f():\n    return 1"),
        ('def f():\n    "one" \\\n    "two"\n    return 1', "def f():\n    return 1"),
        ('def f():\n    """Doc."""', "def f():"),
        (
            'class C:\n  @a\n  @b(\n    1)\n  def f(self):\n    """D."""\n    return """\n  x"""',
            '@a\n@b(\n  1)\ndef f(self):\n  return """\nx"""',
        ),
        (
            'def f():\n  """D."""\n  def g():\n    """E."""\n    return 1\n  return g',
            "def f():\n  def g():\n    return 1\n  return g",
        ),
        ("\tdef f():\n\t\t'D'\n\t\treturn 1\n", "def f():\n\treturn 1"),
        ('def f():\r\n    """D."""\r\n    return 1\r\n', "def f():\n    return 1"),
        ('def f():\r    """D."""\r    return 1\r', "def f():\n    return 1"),
        ('x = 1\n\f\ndef f():\n    """D."""\n    return 1', "def f():\n    return 1"),
        ('x = "\x1c\u2028"\ndef f():\n    """D."""\n    return 1', "def f():\n    return 1"),
    ],
)
def test_code_without_docstring(source: str, code: str) -> None:
    if source.startswith("\t"):
        source = "if True:\n" + source
    (function, *_) = defined_functions(source.encode())
    assert function.code == code
    assert function.docstring


def test_code_of_real_functions_is_what_was_written() -> None:
    for function in defined_functions(Path(textwrap.__file__).read_bytes()):
        (node,) = ast.parse(function.code).body
        assert isinstance(node, ast.FunctionDef)
        assert ast.get_docstring(node) is None
        assert function.docstring is None or function.docstring not in function.code


@pytest.mark.parametrize(
    "source",
    [
        b"def f(:\n",
        b"x = '\xe9'\n",
        b"# -*- coding: nonsense -*-\n",
        b"# -*- coding: rot13 -*-\n",
        b"\0",
        b"\xff\xfed\0e\0f\0",
        b"(" * 1000,
        b"-" * 200_000 + b"1",
        b"print 1\n",
    ],
)
def test_unreadable(source: bytes) -> None:
    with pytest.raises(UnreadableSourceError):
        list(defined_functions(source))


@pytest.mark.parametrize(
    "source",
    [
        b"# -*- coding: latin-1 -*-\ndef f():\n    '''caf\xe9'''\n",
        b"\xef\xbb\xbfdef f():\n    '''caf\xc3\xa9'''\n",
        b"def f():\n    '''caf\xc3\xa9'''\n    return '\\d'\n",
    ],
)
def test_encodings(source: bytes) -> None:
    (function,) = defined_functions(source)
    assert function.docstring == "café"


@pytest.mark.parametrize(
    ("docstring", "summary"),
    [
        ("Return the sum of two numbers.", "Return the sum of two numbers."),
        ("Return the sum\n   of two numbers\n\nMore.", "Return the sum of two numbers"),
        ("Return a sum of two. It may overflow.", "Return a sum of two."),
        ("Constructor. May be extended. Or not.", "Constructor. May be extended."),
        ("Use e.g. Numbers or i.e. Floats here. More.", "Use e.g. Numbers or i.e. Floats here."),
        ("Call json.loads on each file. `x` is it.", "Call json.loads on each file."),
        ("Sort the list in place.\n:param x: it", "Sort the list in place."),
        ("Sort the list in place\nArgs:\n  x: it", "Sort the list in place"),
        ("Sort the list in place\n>>> sort(x)", "Sort the list in place"),
        ("Sort the list in place\n----------\nmore", "Sort the list in place"),
        ("Is it a list? Who knows. Well.", "Is it a list?"),
        ("Too short here", None),
        ("Too short here\n\nbut the next paragraph is long", None),
        (":param x: the one and only parameter", None),
        ("", None),
    ],
)
def test_summary(docstring: str, summary: str | None) -> None:
    assert docstring_summary(docstring, 4) == summary
