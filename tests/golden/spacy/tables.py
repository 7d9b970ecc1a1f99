"""Writes src/text/spacy_tables.ts from an installed spaCy: its English special cases, and the classes of characters that
its prefix, suffix and infix rules tell apart. Every code point is asked by running the rules, so no rule is copied.

    pip install spacy==3.8.16
    python tests/golden/spacy/tables.py && deno fmt src/text/spacy_tables.ts
"""
import json
import pathlib

import spacy
from spacy.lang import char_classes

tokenizer = spacy.blank("en").tokenizer
OUT = pathlib.Path(__file__).parents[3] / "src/text/spacy_tables.ts"


def infix(text, at):
    return any(m.start() == at for m in tokenizer.infix_finditer(text))


def classes(c):
    """Bits in the order of CharClass in src/text/spacy_classes.ts."""
    return (
        (tokenizer.find_prefix(c) == 1) * 1
        | (tokenizer.find_suffix(c) == 1) * 2
        | infix(c, 0) * 4
        | infix(c + ",a", 1) * 8  # a letter
        | infix(c + ".A", 1) * 16  # lower case or a quote: what may stand before a full stop inside a word
        | infix("a." + c, 1) * 32  # upper case or a quote: what may stand behind it
        | (tokenizer.find_suffix(c + ".") == 1) * 64  # a full stop at the end splits from this
        | (tokenizer.find_suffix(c + "A.") == 1) * 128  # two of these before a full stop split it
    )


def base36(n):
    digits = ""
    while n or not digits:
        digits, n = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36] + digits, n // 36
    return digits


def runs():
    """`length,bits;` of every run of equal code points, without the last one (zero to the end)."""
    out, last, length = [], None, 0
    for code in range(0x110000):
        value = 0 if 0xD800 <= code < 0xE000 else classes(chr(code))
        if value != last:
            if last is not None:
                out.append((length, last))
            last, length = value, 0
        length += 1
    # a run of one is the commonest: its length is left out
    return ";".join(f"{base36(n) if n > 1 else ''}{',' + base36(v) if v else ''}" for n, v in out)


def special_cases():
    """Lines of pieces joined by a tab; each line leaves out what it shares with the line before (one base-36 digit).

    A tab or a line feed inside a special case, of which there are two, would be ambiguous: those are whole tokens that
    the rules leave whole anyway, so they are not written.
    """
    lines, before = [], ""
    for text, pieces in sorted(tokenizer.rules.items()):
        if text in "\t\n":
            continue
        line = "\t".join(piece[65] if 65 in piece else piece.get("ORTH") for piece in pieces)
        shared = 0
        while shared < min(len(line), len(before), 35) and line[shared] == before[shared]:
            shared += 1
        if "\ud800" <= line[shared - 1 : shared] <= "\udfff":
            raise ValueError(line)
        lines.append(base36(shared) + line[shared:])
        before = line
    return "\n".join(lines)


after_digit = [s.replace("\\", "") for s in (char_classes.UNITS + "|" + char_classes.CURRENCY).split("|")]
long_prefixes = [s for s in char_classes.CURRENCY.replace("\\", "").split("|") if len(s) > 1]


def literal(text):
    return json.dumps(text, ensure_ascii=False).replace("\u00a0", "\\u00a0")


OUT.write_text(
    f"""/**
 * Data of spaCy {spacy.__version__}'s English tokenizer, written by tests/golden/spacy/tables.py: change nothing by hand.
 *
 * MIT licence, copyright (C) 2016-2024 ExplosionAI GmbH, 2016 spaCy GmbH, 2015 Matthew Honnibal; the notice is in
 * THIRD_PARTY.md.
 * @module
 */

/** Classes of code points from 0 on: `length,bits` of each run in base 36; a length of 1 and bits of 0 are left out. */
export const CLASSES: string = {literal(runs())};

/** Special cases, sorted: shared start with the line before (one base-36 digit), then the rest; pieces end at tabs. */
export const SPECIAL_CASES: string =
  {literal(special_cases())};

/** What splits from a digit before it: units and currencies. */
export const AFTER_DIGIT: string = {literal(" ".join(dict.fromkeys(after_digit)))};

/** Prefixes of more than one character. */
export const LONG_PREFIXES: string = {literal(" ".join(dict.fromkeys(long_prefixes)))};
""",
    encoding="utf8",
)
