"""What a browser sends of a form."""

from html.parser import HTMLParser


def untouched(html: str) -> dict[str, list[str]]:
    """Of a page's forms, as they are shown."""
    reader = _Fields()
    reader.feed(html)
    return reader.found


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "input" and (said.get("type") not in ("checkbox", "radio") or "checked" in said):
            self.found.setdefault(said["name"], []).append(said.get("value", ""))
        if tag == "select":
            self._select = said["name"]
        if tag == "option" and ("selected" in said or self._select not in self.found):
            self.found[self._select] = [said["value"]]
        if tag == "textarea":
            self._textarea = said["name"]
            self.found[self._textarea] = [""]

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.found[self._textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
