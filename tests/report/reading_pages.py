"""A page as a parser sees it: its elements without what data may change, and its words."""

from html.parser import HTMLParser


class Elements(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, [(k, v if k in ("class", "id", "href", "style") else None) for k, v in attrs]))

    def handle_endtag(self, tag):
        self.tags.append(("/" + tag, []))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.tags.append(("!--", []))


def elements(html):
    parser = Elements()
    parser.feed(html)
    parser.close()
    return parser


def words(html):
    return " ".join(" ".join(elements(html).text).split())
