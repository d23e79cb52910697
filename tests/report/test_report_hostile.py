"""Strings of the data never become markup, whatever they hold."""

from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser

import pytest

from whet.report.page import page
from whet.report.visible import visible

ATTACKS = [
    "<script>alert(1)</script>' onmouseover='alert(1)",
    '"><img src=x onerror=alert(1)>--><![CDATA[ $\\href{javascript:alert(1)}{x}$ &lt;i&gt;',
    "</style></pre></title></svg><b>{{7*7}}{% raw %}",
    "cat\u202egnp.exe\x00\x1b[2J\ud800",
]
KEPT = {
    "stage",
    "verdict",
    "target_kind",
    "unit",
    "metric",
    "thumbnail",
    "modality",
    "part",
}  # words of Whet, not of data


class Skeleton(HTMLParser):
    """Tags and attribute names, with the values of attributes that carry no text for people."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.text = []

    def handle_starttag(self, tag, attrs):
        shape = [(k, v if k in ("class", "id", "href", "rel", "style") else None) for k, v in attrs]
        self.tags.append((tag, shape))

    def handle_endtag(self, tag):
        self.tags.append(("/" + tag, []))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.tags.append(("!--", []))


def with_strings(value, text, name=""):
    """Every string below ``value`` set to ``text``, also keys that come from the data."""
    if isinstance(value, str):
        return value if name in KEPT else text
    if is_dataclass(value):
        return replace(value, **{f.name: with_strings(getattr(value, f.name), text, f.name) for f in fields(value)})
    if isinstance(value, dict):
        free = name in ("curves", "environment", "num_examples")
        keys = [f"{k}{text}" if free else k for k in value]
        return {k: with_strings(v, text, old) for k, (old, v) in zip(keys, value.items(), strict=True)}
    if isinstance(value, list | tuple):
        return type(value)(with_strings(v, text, name) for v in value)
    return value


def skeleton(html):
    parser = Skeleton()
    parser.feed(html)
    parser.close()
    return parser


@pytest.fixture(scope="module")
def harmless(data):
    return skeleton(page(with_strings(data, "harmless, long enough a word")))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_string_adds_an_element_or_an_attribute(data, harmless, attack):
    html = page(with_strings(data, attack))
    found = skeleton(html)
    assert found.tags == harmless.tags
    if attack.isprintable():
        assert attack in "".join(found.text)  # shown as it is, neither run nor lost
    assert html.isascii() or html.encode()  # every character can be written
    assert "\x00" not in html
    assert "\u202e" not in html


def test_a_reordering_character_is_spelled_out():
    assert visible("a\u202eb\x00") == "a\\u202eb\\u0000"


def test_texts_of_any_script_stay_as_they_are():
    for text in ("naïve café", "مرحبا", "日本語\n行", "👩‍👩‍👧"):
        assert visible(text) == text
