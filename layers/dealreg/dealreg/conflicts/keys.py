"""The keys under which look-alikes meet: at most twelve are written for a registration, eight read for a check."""

from collections.abc import Iterator
from itertools import combinations

from dealreg.conflicts import tables
from dealreg.conflicts.normalise import Name, initials
from dealreg.conflicts.words import sound

MOST_WRITTEN = 12
MOST_READ = 8
BLOCK_CAP = 64
"""Entries in one block: about 6 kB."""
_COLD = 12
"""Bits from which a word has a block of its own."""

def families(name: Name):
    ranked = sorted(set(zip(name.words, name.written)), key=lambda p: (-tables.bits(p[0]), -len(p[0]), p[0]))
    cold = [(w, x) for w, x in ranked if tables.bits(w) >= _COLD and len(w) > 1]
    out = {}
    out['j'] = ["j" + "".join(name.written)[:20]]
    out['t'] = ["t" + tkey(w, x) for w, x in cold[:4]]
    ws = [w for w, _ in ranked]
    hot = [w for w in ws if tables.bits(w) < _COLD]
    out['2'] = ["2" + "|".join(sorted(p)) for p in combinations(ws[:4], 2)]
    out['h'] = []
    for w, x in [c for c in ranked if len(c[1]) >= 6][:2]:
        if tables.bits(w) >= 9 or len(ws) == 1:
            n = len(x) // 2
            out['h'] += ["<" + x[:n], ">" + x[-n:]]
    out['p'] = []
    core = [x for w, x in zip(name.words, name.written) if tables.bits(w) >= 10]
    cj = "".join(core)
    if len(cj) >= 5: out['p'] = ["p" + cj[:7]]
    a = initials(name.spoken)[1]
    out['a'] = []
    if len(name.words) == 1 and 2 <= len(name.written[0]) <= 6: out['a'] += ["a" + name.written[0]]
    elif len(a) >= 3: out['a'] += ["a" + a[:8]]
    out['a'] += ["a" + x for x in name.aside if 2 <= len(x) <= 6][:1]
    out['1'] = ["1" + hot[0]] if len(ws) == 1 and hot else ["1" + name.words[0]] if len(ws) <= 3 and tables.bits(name.words[0]) < _COLD else []
    return out
def tkey(w, x):
    return w if len(w) < 5 else sound(w) if len(sound(w))>2 else w
