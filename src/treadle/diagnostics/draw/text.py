"""How wide a text will be, and how to make it fit.

The width of a text is only known to whoever draws it, with a font we cannot choose for sure. The
table below is an upper estimate: it holds for DejaVu Sans, the widest of the common interface
fonts, so a text never runs out of its shape; in narrower fonts it has some more room.
"""

from __future__ import annotations

import unicodedata

FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "'Liberation Sans', 'DejaVu Sans', sans-serif"
)

TIMES = "\N{MULTIPLICATION SIGN}"
_WIDTHS: dict[str, float] = {
    character: width
    for width, characters in (
        (0.30, "'IJijl"),
        (0.35, " ,./:;\\|"),
        (0.40, "()-[]ft"),
        (0.45, "!r"),
        (0.50, '"*_`'),
        (0.55, "?csz"),
        (0.60, "FLkvxy"),
        (0.65, "$0123456789EPSTYabdeghnopqu{}"),
        (0.70, "ABCKRVXZ"),
        (0.75, "NU"),
        (0.80, "&DGHOQ"),
        (0.85, "#+<=>^w~" + TIMES),
        (0.90, "M"),
        (1.00, "%@Wm…"),
    )
    for character in characters
}
_ELLIPSIS = "…"


def _width(character: str) -> float:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character):
        return 0.0
    return 1.1 if unicodedata.east_asian_width(character) in "WF" else 0.85


def text_width(text: str, size: float) -> float:
    """Estimate the width of one line of text, in pixels, from above.

    Examples
    --------
    >>> text_width("inc", 10) < text_width("mmm", 10)
    True
    """
    return size * sum(map(_width, text))


def one_line(text: str) -> str:
    """Replace line breaks, other white space and control characters by single spaces.

    Examples
    --------
    >>> one_line("a\\n\\tb\\x00c ")
    'a b c'
    """
    return " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).split())


def shorten(text: str, size: float, limit: float) -> str:
    """Cut the middle out of a text until its width is at most `limit` pixels.

    The end stays because keys of tasks differ there: ``rechunk-s…(0, 3)``.

    Examples
    --------
    >>> shorten("inc", 13, 100)
    'inc'
    >>> shorten("a-name-that-goes-on-and-on-(0, 3)", 10, 120)
    'a-name-that-…n-(0, 3)'
    """
    if text_width(text, size) <= limit:
        return text
    room = limit - text_width(_ELLIPSIS, size)
    head, tail = 0, len(text)
    used = 0.0
    # Three characters of the head for every two of the tail.
    while head < tail:
        from_head = 2 * head <= 3 * (len(text) - tail)
        character = text[head] if from_head else text[tail - 1]
        used += text_width(character, size)
        if used > room:
            break
        if from_head:
            head += 1
        else:
            tail -= 1
    return text[:head].rstrip() + _ELLIPSIS + text[tail:].lstrip()
