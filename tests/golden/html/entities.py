"""Writes src/text/html_entities.ts: the named characters of HTML as Python's `html.entities.html5` has them.

    python tests/golden/html/entities.py && deno fmt src/text/html_entities.ts
"""
import html.entities
import json
import pathlib

OUT = pathlib.Path(__file__).parents[3] / "src/text/html_entities.ts"
table = html.entities.html5
lines, before = [], ""
for name in sorted(name[:-1] for name in table if name.endswith(";")):
    shared = 0
    while shared < min(len(name), len(before), 35) and name[shared] == before[shared]:
        shared += 1
    digit = "0123456789abcdefghijklmnopqrstuvwxyz"[shared]
    lines.append(f"{digit}{name[shared:]}{'!' if name in table else ''} {table[name + ';']}")
    before = name
# a line feed, of which there is one, would end its line; white space that nobody sees is written as its number
text = "\n".join(line.replace(" \n", " \\n") for line in lines)
quoted = "".join(
    f"\\u{ord(c):04x}" if c != " " and (not c.isprintable()) else c for c in json.dumps(text, ensure_ascii=False)
)
OUT.write_text(
    f"""/**
 * The {len(lines):,} named characters of HTML, written by tests/golden/html/entities.py: change nothing by hand.
 * @module
 */

/**
 * Sorted lines: letters shared with the name before (one base-36 digit), the rest of the name, `!` when it also counts
 * without its semicolon, a space, the characters.
 */
export const ENTITIES: string =
  {quoted};
""",
    encoding="utf8",
)
