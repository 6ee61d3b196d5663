"""Words and phrases of a text once more, plainly: what the program is compared with, and timed against."""
import unicodedata

UNSPACED = [(0x0e00, 0x0eff), (0x1000, 0x109f), (0x1780, 0x17ff), (0x2e80, 0x2fdf), (0x3005, 0x3007),
            (0x3021, 0x3029), (0x3031, 0x3035), (0x3040, 0x312f), (0x31a0, 0x31bf), (0x31f0, 0x31ff),
            (0x3400, 0x4dbf), (0x4e00, 0x9fff), (0xf900, 0xfaff), (0xff66, 0xff9f), (0x1b000, 0x1b16f),
            (0x20000, 0x3ffff)]
# Default_Ignorable_Code_Point beyond the format characters, as far as texts have them.
IGNORED = {0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0,
           *range(0x180b, 0x1810), *range(0xfe00, 0xfe10), *range(0xe0000, 0xe1000)}
# The program's own list; a test holds that this is what it leaves out.
STOP_WORDS = set()


def kind(c):
    code = ord(c)
    if code < 0x80:
        return "word" if c.isalnum() else "gap"
    if code in (0xff9e, 0xff9f):
        return "mark"
    category = unicodedata.category(c)
    if code in IGNORED or category == "Cf":
        return "ignored"
    if category[0] == "M":
        return "mark"
    if category[0] in "LN":
        return "unspaced" if any(a <= code <= b for a, b in UNSPACED) else "word"
    return "gap"


def fold(text):
    """NFKC of the case folded, without what is to be ignored and without gaps that came of it."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    text = unicodedata.normalize("NFKC", text.casefold())
    return "".join(c for c in text if kind(c) not in ("gap", "ignored") or c == "'")


def tokens(text):
    """(kind, word) of a text: "word", "pair" (of characters), "long"."""
    kinds = [kind(c) for c in text]
    at, end = 0, len(text)
    while at < end:
        if kinds[at] == "word":
            word = ""
            while at < end:
                apostrophe = text[at] in "'\u2019" and at + 1 < end and kinds[at + 1] == "word"
                if kinds[at] in ("gap", "unspaced") and not apostrophe:
                    break
                if kinds[at] != "ignored":
                    word += "'" if apostrophe else text[at]
                at += 1
            folded = fold(word) if len(word) <= 64 else ""
            if folded == "" or len(folded.encode()) > 255:
                yield "long", ""
                continue
            if folded.endswith("'s") and len(folded) > 2:
                folded = folded[:-2]
            yield "word", folded
        elif kinds[at] == "unspaced":
            characters = []
            while at < end and kinds[at] in ("unspaced", "mark", "ignored"):
                if kinds[at] == "unspaced":
                    characters.append(text[at])
                elif kinds[at] == "mark" and len(characters[-1]) <= 8:
                    characters[-1] += text[at]
                at += 1
            characters = [fold(c) for c in characters]
            for pair in zip(characters, characters[1:]):
                yield "pair", "".join(pair)
            if len(characters) == 1:
                yield "pair", characters[0]
        else:
            at += 1


def phrases(text, ngrams, stop_words):
    """Every phrase of a text, as often as it stands there."""
    window = []
    for what, word in tokens(text):
        if what != "word" or word in stop_words:
            window = []
            if what == "pair":
                yield word
            continue
        window = (window + [word])[-ngrams:]
        for begin in range(len(window)):
            yield " ".join(window[begin:])
