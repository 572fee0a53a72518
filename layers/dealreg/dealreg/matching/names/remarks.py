"""What people write around a company's name that is no part of it, and other names that stand in a remark."""

import re
from typing import NamedTuple

_FORMER = (
    r"f\.?\s?/?k\.?\s?/?a\.?|formerly(?:\s+known\s+as)?|previously(?:\s+known\s+as)?|vormals|vorm\.|ehem\.|ehemals|"
    r"ehemalige[rs]?|ehm\.|früher|fr[üu]her:|anciennement|anct\.|già|anteriormente|antes|voorheen|tidligere|tidigare|"
    r"dawniej|dříve|korábban|бывш\w*|ранее|旧社名[:：]?|旧[:：]?|舊[:：]?|原名[:：]?|前身[は:：]?"
)
_ALSO = (
    r"d\.?\s?/?b\.?\s?/?a\.?|doing\s+business\s+as|t/a|trading\s+as|operating\s+as|o/a|a\.?/?k\.?/?a\.?|also\s+known\s+as|"
    r"handelnd\s+als|bekannt\s+als|auch\s+bekannt\s+als|alias|connue?\s+sous\s+le\s+nom|別名[:：]?"
)
_PERSON = (
    r"c/o|℅|z\.?\s?hd\.?(?:\s?v\.)?|z\.\s?h\.|zu\s+händen|attn\b\.?:?|attention:|fao\b|à\s+l['’]attention|a/c|"
    r"inh\.|inh:|inhaber(?:in)?|einzelunternehm\w*|prop\.|proprietor|owner:|titolare|geschäftsführer(?:in)?|"
    r"ansprechpartner(?:in)?|kontakt:|contact:|gf:|tel\.|tel:|telefon:|phone:"
)
_BRANCH = (
    r"(?:zweig)?niederlassung|zweigstelle|geschäftsstelle|betriebsstätte|außenstelle|vertriebsbüro|branch\s+office|"
    r"succursale|établissement|sucursal|filiaal|vestiging|oddział|pobočka|fióktelep|филиал"
)
_STATE = (
    r"i\.\s?gr?\.?|i\.\s?l\.|i\.\s?k\.|i\.\s?i\.|in\s+gründung|in\s+gruendung|in\s+liq(?:uidation|uidazione|u?\.)?|"
    r"en\s+liquidation|en\s+liquidación|em\s+liquidação|w\s+likwidacji|w\s+organizacji|v\s+likvidaci|felszámolás\s+alatt|"
    r"in\s+insolvenz|in\s+administration|in\s+receivership|en\s+formation|in\s+oprichting|i\.o\.|under\s+bildande|"
    r"under\s+stiftelse|en\s+cours\s+de\s+(?:création|formation)|in\s+formation"
)
_FIRST = r"an\s+die\s+(?:firma|fa\.)|fa\.|firma|fma\.|firm:|ditta|spett\.?\s?(?:le|\.le)?|sté\.?|messrs\.?|m/s\.?"
_WORDS = (
    "test testkunde testfirma testaccount testing demo trial dummy neu new neukunde old alt inaktiv inactive aktiv"
    " active"
    " duplicate duplikat dublette doppelt double doublon dupe dup copy kopie gesperrt blocked locked closed geschlossen"
    " prospect lead interessent kunde customer client existing bestandskunde key account vip wichtig important urgent"
    " dringend eilt prio priority temp temporary temporär draft entwurf xxx tbd pending bitte nicht"
    " verwenden"
    " anrufen kontaktieren löschen do not use contact call delete please partner reseller endkunde enduser end user"
    " insolvent insolvenz bankrupt konkurs liquidation verified geprüft ok prüfen check"
)
_NOT_ALONE = frozenset("partner account active customer client end key user call use check test double".split())
"""Remarks in brackets; between a dash and the end rather a part of the name."""
_BRACKETED = re.compile(r"[(\[{（【<]([^()\[\]{}（）【】<>]*)[)\]}）】>]")
_STARRED = re.compile(r"(\*+)[^*]{1,40}\1|(#+)[^#]{1,40}\2|(!{2,})[^!]{1,40}\3|(_{2,})[^_]{1,40}\4|(={2,})[^=]{1,40}\5")
_LEAD = re.compile(rf"^\s*(?:(?:{_FIRST})(?=\W)\s*:?\s*)+(?=\S)", re.I)
_OTHER_NAME = re.compile(rf"(?<=\S)[\s,;\-–—/(]+(?:jetzt\s+)?(?:{_FORMER}|{_ALSO})(?=[\s:])[\s:]*(.*)$", re.I | re.S)
_TAIL = re.compile(rf"(?<=\S)[\s,;\-–—/]+(?:(?:{_PERSON})(?=\W|$)|(?:{_BRANCH})\b|(?:{_STATE})\s*$).*$", re.I | re.S)
_INSIDE_OTHER = re.compile(rf"^\s*(?:{_FORMER}|{_ALSO}|ex|ex-)(?:[\s:\-]+|(?<=[旧舊:：]))(.+)$", re.I | re.S)
_INSIDE = re.compile(
    rf"^\s*(?:(?:{_PERSON}|{_STATE})(?=\W|$)|(?:{_BRANCH})\b|do\s+not|nicht\s|bitte\s|siehe\s|see\s)", re.I
)
_DASHED = re.compile(r"\s(?:[-–—|]+|//+)\s*([^-–—|/]{2,40})$")
_HAN_BRANCH = re.compile(
    r"(?<=\S)[\s\u3000][^\s\u3000]{1,8}(?:支店|支社|営業所|事業所|出張所|分公司|分店|分行|本店|本社|지점|지사)$"
)
_REMARKS = frozenset(_WORDS.split())
_SIGNS = re.compile(
    r"[*#(\[{（【<!|/–—℅:\u3000支営業張分本지旧舊原別]"
    r"|\s-|__|=="
)
_BEGINNINGS = frozenset(
    "fka f.k for pre vor ehe ehm frü fru anc già ant voo tid daw dří kor быв ран"
    " dba d.b doi bus tra ope aka a.k als ali"
    " con han bek auc z.h z. zu att fao à inh ein pro own tit ges ans kon tel gf zwe nie bet auß"
    " ver bra suc éta fil ves"
    " odd pob fió фил i. i.g i.l i.k i.i i.o in en em w v fel und an fa. fma fir dit spe sté mes jet".split()
)
"""Every remark has one of those signs, or a word that begins like this: which spares most names the rest."""


class Bare(NamedTuple):
    name: str
    others: tuple[str, ...]
    """Former names and trade names that stood in remarks."""


def without_remarks(text: str) -> Bare:
    """A name without remarks; unchanged where nothing would be left."""
    if not _SIGNS.search(text) and _BEGINNINGS.isdisjoint([word[:3] for word in text.lower().split()]):
        return Bare(text, ())
    others: list[str] = []

    def bracket(found: re.Match[str]) -> str:
        if other := _INSIDE_OTHER.match(found[1]):
            others.append(other[1])
            return " "
        return " " if _is_remark(found[1]) or _INSIDE.match(found[1]) else found[0]

    bare = _STARRED.sub(" ", _BRACKETED.sub(bracket, text))
    if found := _OTHER_NAME.search(bare):
        others.append(found[1])
        bare = bare[: found.start()]
    bare = _HAN_BRANCH.sub("", _TAIL.sub("", bare).rstrip())
    dashed = _DASHED.search(bare)
    if dashed and _is_remark(dashed[1], alone=True):
        bare = bare[: dashed.start()]
    bare = _LEAD.sub("", bare)
    known = tuple(name for name in (other.strip(" \t,;:-–—()*") for other in others) if _says_something(name))
    return Bare(bare, known) if _says_something(bare) else Bare(text, ())


def _is_remark(text: str, *, alone: bool = False) -> bool:
    words = re.findall(r"\w+", text.casefold())
    said = [word for word in words if word in _REMARKS]
    if not said or not all(word in _REMARKS or word.isdigit() for word in words):
        return False
    return not (alone and all(word in _NOT_ALONE for word in said))


def _says_something(text: str) -> bool:
    return sum(sign.isalnum() for sign in text) > 1
