"""The page and its JSON over real HTTP."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import pytest

from web.conftest import EVIL

QUOTED = quote(EVIL)


def get(url: str, **headers: str) -> tuple[int, Any, str]:
    try:
        with urlopen(Request(url, headers=headers), timeout=30) as response:
            return response.status, response.headers, response.read().decode()
    except HTTPError as error:
        return error.code, error.headers, error.read().decode()


class Tags(HTMLParser):
    """Names of all elements, and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_json_has_what_each_system_found(address):
    status, headers, body = get(f"{address}api/search?" + urlencode({"q": "what", "k": 3}))
    assert (status, headers["content-type"]) == (200, "application/json")
    told = json.loads(body)
    assert [system["name"] for system in told["systems"]] == ["left one", EVIL]
    first = told["systems"][0]["hits"]
    assert [(hit["rank"], hit["doc_id"]) for hit in first] == [(1, "a"), (2, "b"), (3, "c")]
    assert first[0]["text"] == f"text of a {EVIL}"


def test_json_asks_the_systems_that_are_named(address):
    _, _, body = get(f"{address}api/search?" + urlencode({"q": "x", "system": EVIL}))
    assert [system["name"] for system in json.loads(body)["systems"]] == [EVIL]
    _, _, body = get(f"{address}api/systems")
    assert [system["documents"] for system in json.loads(body)["systems"]] == [4, 3]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "no query"),
        ({"q": "  "}, "no query"),
        ({"q": "x" * 3000}, "3,000 characters"),
        ({"q": "x", "k": "0"}, "k is 0"),
        ({"q": "x", "k": "101"}, "k is 101"),
        ({"q": "x", "k": "ten"}, "'ten'"),
        ({"q": "x", "system": "nobody"}, "no system 'nobody'"),
    ],
)
def test_what_cannot_be_answered_is_said(address, parameters, said):
    status, _, body = get(f"{address}api/search?{urlencode(parameters)}")
    assert status == 400
    assert said in json.loads(body)["error"]


def test_the_page_says_where_a_document_stands_in_the_other_list(address):
    _, _, html = get(f"{address}?" + urlencode({"q": "what", "k": 4}))
    left, right = html.split("<section")[1:]

    def tags(part: str) -> list[list[str]]:
        return [
            re.findall(r'class="tag[^"]*">(.*?)</span>', entry) for entry in part.split("<li")[1:]
        ]

    assert tags(left) == [
        ["relevant", "&#9650; 1"],
        ["only here"],
        ["&#9660; 2"],
        ["only here"],
    ]
    assert tags(right) == [["&#9650; 2"], ["relevant", "&#9660; 1"], ["only here"]]
    assert "2 documents are in both lists" in html
    assert "1 judged relevant" in html


def test_one_list_compares_nothing(address):
    _, _, html = get(f"{address}?" + urlencode({"q": "other", "left": EVIL, "right": ""}))
    assert html.count("<section") == 1
    assert "only here" not in html
    assert "relevant" not in html


@pytest.mark.parametrize(
    "path", ["", "?q=" + quote(EVIL), "?q=x&left=" + quote(EVIL), "?q=x&k=" + quote(EVIL)]
)
def test_no_text_becomes_an_element(address, path):
    status, headers, html = get(address + path)
    found = Tags(html).found
    scripts = [attributes for tag, attributes in found if tag == "script"]
    assert scripts == [{"src": "/page.js", "defer": None}]
    assert not [tag for tag, _ in found if tag == "img"]
    assert not [name for _, attributes in found for name in attributes if name.startswith("on")]
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert status == (400 if "k=" in path else 200)


def test_everything_the_page_loads_is_here(address):
    _, _, html = get(address)
    for tag, attributes in Tags(html).found:
        for name in ("src", "href"):
            link = attributes.get(name)
            if link and tag != "a":
                assert link.startswith(("/", "data:,")), link
                if link.startswith("/"):
                    assert get(address.rstrip("/") + link)[0] == 200


def test_examples_ask_what_they_say(address):
    _, _, html = get(address)
    links = [attributes["href"] for tag, attributes in Tags(html).found if tag == "a"]
    _, _, page = get(address.rstrip("/") + links[-1])
    values = [attributes.get("value") for tag, attributes in Tags(page).found if tag == "input"]
    assert EVIL in values


def test_a_page_of_elsewhere_gets_no_answer(address):
    assert get(address, Host="evil.example")[0] == 400
    assert get(address.replace("127.0.0.1", "localhost"))[0] == 200
    assert "access-control-allow-origin" not in get(address, Origin="http://evil.example")[1]
