/**
 * Characters beyond ASCII that torchMoji writes as ASCII punctuation: those that stay what they are under NFKC and whose
 * transliteration (by the text-unidecode package, version 1.3) is punctuation alone. Code points in hexadecimal.
 */

const CODES: Readonly<Record<string, string>> = {
  "!": "a1 ac 1c3 55c 703-704 17ce 282e",
  "!?": "203d",
  '"': "2ba 2ee 48c-48d 5f4 201c-201d 201f 2810 3003 3005 309d-309e 30fd-30fe",
  "#": "6de 2580-2593 25a0-25b1 25e7-25eb 25f0-25f7 283c",
  "$": "282b",
  "$?": "a4",
  "'":
    "2b9 2bc 2bf 2c8 2d3 42c 44c 55a 5bc 5f3 623 654-655 671-673 710 742 787 93c-93d 951-952 954 9bc a3c abc-abd b3c-b3d e3a f60 fb0 1037 141e 17dc 18a9 2018-2019 201b 2032 2804",
  "''": "301e",
  "(": "2837",
  "((": "3018",
  ")": "2183 283e",
  "+": "2d6 74a 9d7 b56-b57 bd7 c55-c56 cd5-cd6 d57 e46 ec6 f34 16ed 17d7 2020 250c-254b 2552-2570 282c 3031-3034",
  "++": "17d8 2021",
  "+-": "b1",
  ",": "2cc 375 55d 60c 66c 702 706-707 1363 201a 2820",
  ",,": "201e 301f",
  "-":
    "2c9 2d7 58a 705 f0b 1807 1843 2010 2012-2013 2040 2190 2192 2194 219a-219b 219e 21a0 21a2-21a4 21a6 21a9-21ae 21bc-21bd 21c0-21c1 21e0 21e2 21e4-21e6 21e8 21f0 2500-2501 2504-2505 2508-2509 254c-254d 2550 2574 2576 2578 257a 257c 257e 2594 2824",
  "--": "2014-2015 2043",
  ".": "2d1 55f 589 66b 6d4 970 1362 166e 16eb 17d4 2027 2828",
  ":": "2d0 5c3 1038 1365 16ec 17d6 2831",
  ";": "61b 708 1364 2830",
  "<": "2c2 559 169b 2039 25c0-25c5 2823 3008",
  "<<": "ab 300a",
  "=": "2ed 21b9 21c4 21c6-21c7 21c9 21cb-21d0 21d2 21d4 21da-21db 283f",
  ">": "2c3 169c 203a 25b6-25bb 281c",
  ">>": "bb",
  "?": "bf 294-296 2a1-2a2 2c0-2c1 55e 61f 709 1367 1429 2839",
  "@": "18f 1dd 259-25a 298 4d8-4db 5b0 629 6c3 6dd 747-748 2808 3012 3020",
  "`": "2bb 2bd-2be 2d2 4c0 5e2 639 725 741 7a2 953 e2d ead 2035",
  "``": "301d",
  "~": "649 70a e2f eaf f39 219c-219d 21dc-21dd 3030 fe23",
};

let table: Map<string, string> | undefined;

/** The text with such characters as ASCII. */
export function asciiPunctuation(text: string): string {
  const found = table ??= expand();
  let out = "";
  for (const character of text) out += found.get(character) ?? character;
  return out;
}

function expand(): Map<string, string> {
  const found = new Map<string, string>();
  for (const [ascii, ranges] of Object.entries(CODES)) {
    for (const range of ranges.split(" ")) {
      const [first, last = first] = range.split("-").map((code) => parseInt(code, 16));
      for (let code = first; code <= last; code++) found.set(String.fromCharCode(code), ascii);
    }
  }
  return found;
}
