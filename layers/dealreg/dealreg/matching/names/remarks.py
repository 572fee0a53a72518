"""What people write around a company's name that is no part of it, and other names that stand in a remark."""

import re
from typing import NamedTuple

from dealreg.matching.names import tables
from dealreg.matching.names.letters import split

_FORMER = (
    r"f\.?\s?/?k\.?\s?/?a\.?|formerly(?:\s+known\s+as)?|previously(?:\s+known\s+as)?|prev\.|vormals|vorm\.|ehem\.|"
    r"ehemals|ehemalig(?:e[rs]?)?|ehm\.|früher|frueher|zuvor|vorher|anciennement|anct\.|già(?:\s+denominata)?|"
    r"precedentemente|anteriormente|antes(?:\s+(?:llamada|denominada|chamada))?|voorheen|v/h|tidligere|tidl\.|tidigare|"
    r"f\.?d\.|dawniej|dříve|predtým|korábban|entinen|бывш\w*\.?|ранее|"
    r"旧社名[:：]?|旧商号[:：]?|旧称[:：]?|旧[:：]?|舊[:：]?|原名[:：]?|曾用名[:：]?|前身[は:：]?"
)
_ALSO = (
    r"d\.?\s?/?b\.?\s?/?a\.?|doing\s+business\s+as|t/as?|trading\s+as|operating\s+as|o/a|a\.?/?k\.?/?a\.?|n/k/a|nka|"
    r"(?:also|better|now)\s+known\s+as|h/o|h\.o\.d\.n\.|handelend\s+onder\s+de\s+naam|handelnd\s+als|"
    r"(?:auch\s+)?bekannt\s+als|firmierend\s+als|genannt|alias|umbenannt\s+in|renamed(?:\s+(?:to|as))?|"
    r"conn?ue?\s+sous\s+le\s+nom(?:\s+de)?|nom\s+commercial\s?:?|nombre\s+comercial:?|nome\s+fantasia:?|"
    r"(?:conocid|conhecid)[ao]\s+como|conosciut[ao]\s+come|別名[:：]?|别名[:：]?|通称[:：]?"
)
_SET_OFF = (
    r"ex\.?|ex-|n(?:é|e)?e|né|gia|anc\.|ancien\s+nom\s?:?|antiga(?:mente)?|alter\s+name:?|old\s+name:?|jetzt|nun|now|gen\.|"
    r"auch:?|dite?|enseigne\s?:?|insegna:?|구[:：]?"
)
"""Before another name only in brackets, or behind a dash or a comma: else they may be part of the name."""
_PERSON = (
    r"c[/\\]o\.?|℅|z\.?\s?hd\.?(?:\s?v\.)?|z\.\s?h\.|zu\s+(?:hd\.|hdn\.|händen|haenden)|attn\b\.?:?|att[.:]|attention:|"
    r"fao\b|à\s+l['’]attention|all['’]attenzione|t\.a\.v\.|ter\s+attentie|a\s+la\s+atención|a/c|p/a|(?<!\bs\.\s)(?-i:p)\.\s?a\.(?=\s\S)|"
    r"inh\.|inh:|inhaber(?:in)?|einzelunternehm\w*|prop\.|proprietor|owner:|titolare|propri[ée]taire|eigenaar|"
    r"geschäftsführer(?:in)?|ansprechpartner(?:in)?|kontakt:|contact:|gf:|tel\.|tel:|telefon:|phone:|abt\.|"
    r"postfach|p\.?o\.?\s?box"
)
_BRANCH = (
    r"(?:zweig)?niederlassung|zweigndl\.?|zwgn\.?|ndl\.|zweigstelle|geschäftsstelle|betriebsst(?:ä|ae)tte|"
    r"au(?:ß|ss)enstelle|vertriebsbüro|branch\s+office|succursale|établissement|sucursal|sede\s+secondaria|filiaal|"
    r"bijkantoor|vestiging|oddział|pobočka|o/z|odštěpný\s+závod|organizační\s+složka|organizačná\s+zložka|podružnica|"
    r"(?:magyarországi\s+)?fióktelepe?|sivuliike|филиал|представительство"
)
_SITE = (
    r"nl|filial[ei]?|standort|werk|büro|zentrale|hauptsitz|hauptniederlassung|regionalbüro|agence\s+de\s+\w+(?=\W*$)|abteilung\s+(?:einkauf|it)|"
    r"sede\s+di|usine\s+de|siège|hq|headquarters|(?:head|main)\s+office|einkauf|buchhaltung|rechnungs\w+|lieferadresse|"
    r"purchasing|accounts\s+payable|[^\W\d_]+\s(?:branch|office|filiale|plant)(?=\W*$)"
)
"""Which part of a company; set off as other names are."""
_ENDED = (
    r"liq(?:uidation|uidazione|u?\.)?|liquidación|liquidação|liquidatie|likvidation|likvidaci|likwidacji|insolvenz|"
    r"insolvency|administration|receivership|bankruptcy|konkurs|konkurze|vereffening|avvikling|upadłości|fallimento|"
    r"redressement|faillissement|concordato|concurso|abwicklung|auflösung"
)
_BEGUN = r"gründung|gruendung|formation|création|costituzione|constitución|organizacji|oprichting|bildande|stiftelse"
_CASED = "iG|iL"
_STATE = (
    rf"i\.\s?gr?\.?|i\.\s?l\.|i\.\s?k\.|i\.\s?i\.|i\.o\.|i\.\s?liq\.|(?-i:{_CASED})|felszámolás\s+alatt|"
    r"(?:i\.|in|en|em|i|w|v|under)\s+(?:staat\s+van\s+|cours\s+de\s+|provisional\s+|voluntary\s+|compulsory\s+)?"
    rf"(?:(?:{_ENDED})(?:\s+(?:judiciaire|preventivo|judicial|coatta|volontaria|voluntaria))?|{_BEGUN})"
)
_TOLD = (
    r"do\s+not\b|nicht\s|bitte\s|ne\s+pas\s|no\s+usar|non\s+usare|não\s+usar|siehe\s|see\s|via\s|acquired\s+by\b|"
    r"part\s+of\b|(?:a\s+)?member\s+of\b|übernommen\s+von\b|teil\s+(?:der|von)\b|gehört\s+zu\b|subsidiary\s+of\b|"
    r"tochter\s+(?:von|der)\b|rechnung\s|an?\s.*\scompany\W*$|q[1-4]\s*[/\-]?\s*\d{2,4}\W*$|#?\s?\d{5,}\W*$|"
    r"(?:kd|kunden?|cust(?:omer)?|client|account|acct|id|ref|debitor)[\s.\-]*(?:nr|nummer|no|number|id|code)?[\s.:#]*\d+\W*$"
)
"""In brackets: about the company, or for whoever reads the row."""
_NOTE = r"wg\.\s|fa\.$|(?:bitte\s+)?nicht\s|do\s+not\s+use|id\s\d{3}"
_FIRST = (
    r"(?:an\s+)?(?:die\s+)?(?:firma|fa\.)|fma\.|firm:|ditta|spett\.?\s?(?:le|\.le)?|sté\.?|ets\.?|messrs\.?|m/s\.?|"
    r"фирма"
)
_WORDS = (
    "test testkunde testfirma testaccount testing demo trial dummy neu new neukunde old alt inaktiv inactive aktiv"
    " active"
    " duplicate duplikat dublette doppelt double doublon dupe dup copy kopie gesperrt blocked locked closed geschlossen"
    " prospect lead interessent kunde customer client existing bestandskunde key account vip wichtig important urgent"
    " dringend eilt prio priority temp temporary temporär draft entwurf xx xxx zz zzz tbd pending bitte nicht mehr"
    " verwenden verkauft sold übernommen acquired erloschen gelöscht deleted"
    " anrufen kontaktieren löschen do not use contact call delete please partner reseller endkunde enduser end user"
    " insolvent insolvenz bankrupt konkurs liquidation verified geprüft ok prüfen check"
    " prueba essai prova teste próba nuevo nouveau nuovo novo nieuw cliente ancien viejo vecchio duplicado duplicato"
    " duplicata dubbel fermé cerrado chiuso encerrado テスト 重複 使用禁止 测试 重复 테스트 тест дубль"
)
_NOT_ALONE = frozenset("partner account active customer client end key user call use check test double".split())
"""Remarks in brackets; between a dash and the end rather a part of the name."""
_SHOUTED_NAMES = _NOT_ALONE - {"test", "double", "use"}
_SHOUTED_ENDS = _SHOUTED_NAMES | {"ok", "xx"}
"""Oklahoma, a century."""
_BRACKETED = re.compile(r"[(\[{（【<]([^()\[\]{}（）【】<>]*)[)\]}）】>]")
_STARRED = re.compile(r"(\*+)[^*]{1,40}\1|(#+)[^#]{1,40}\2|(!{2,})[^!]{1,40}\3|(_{2,})[^_]{1,40}\4|(={2,})[^=]{1,40}\5")
_LEAD = re.compile(rf"^\s*(?:(?:{_FIRST})(?=\W)\s*:?\s*)+(?=\S)", re.I)
_SET_OFF_BY = r"(?:\s*[,;]\s*|\s+[\-–—/]+\s*)"
_OTHER_NAME = re.compile(
    rf"(?<=\S)(?:[\s,;\-–—/(]+(?:jetzt\s+)?(?:{_FORMER}|{_ALSO})(?:(?=[\s:])|(?<=[:：]))"
    rf"|{_SET_OFF_BY}(?:{_SET_OFF})(?:(?=[\s:])|(?<=-))"
    r"|\s+ex-(?=\w))[\s:]*(.*)$",
    re.I | re.S,
)
_TAIL = re.compile(
    rf"(?<=\S)(?:[\s,;\-–—/]+(?:(?:{_PERSON})(?=\W|$)|(?:{_BRANCH})(?!\w)|(?:{_STATE})\s*$|{_NOTE}|(?<!\d\s)%\s)"
    rf"|{_SET_OFF_BY}(?:{_SITE})(?!\w)|\s+#\s?\d{{4}}|\s*[\-=]>).*$",
    re.I | re.S,
)
_INSIDE_OTHER = re.compile(
    rf"^\s*(?:{_FORMER}|{_ALSO}|{_SET_OFF})(?:[\s:\-]+|(?<=[旧舊구称名号は:：\-]))(.+)$", re.I | re.S
)
_INSIDE = re.compile(rf"^\s*(?:(?:{_PERSON}|{_STATE}|{_BRANCH}|{_SITE})(?!\w)|{_TOLD})", re.I)
_DASHED = re.compile(r"\s(?:[-–—|]+|//+)\s*([^-–—|/]{2,40})$")
_AHEAD = re.compile(r"^\s*(?:([^:\-–—|_]{2,24}?)(?:\s*:|\s+[\-–—|]+|_+)\s*|([A-Z]{3,10})\s+)(?=\w)")
_HAN_SITE = "支店|支社|営業所|事業所|出張所|分公司|分店|分行|本店|本社|지점|지사"
_HAN_BRANCH = re.compile(rf"(?<=\S)[\s\u3000][^\s\u3000]{{1,8}}(?:{_HAN_SITE})$")
_REMARKS = frozenset(_WORDS.split())
_AHEAD_ALONE = frozenset("TEST TESTKUNDE DUPLICATE DUPLIKAT DUBLETTE DOUBLON DUPE XXX ZZZ".split())
_SIGNS = re.compile(r"[*#(\[{（【<!|/\\–—℅%:_\u3000]|\s-|==|[-=]>")
_ANYWHERE = f"{_FIRST}|{_FORMER}|{_ALSO}|{_PERSON}|{_BRANCH}|{_STATE}|{_CASED.lower()}|ex-"
_TELLING = re.compile(
    rf"[\s,;\-](?:{_NOTE}|(?:{_ANYWHERE})(?:(?!\w)|(?<=\W)))|[,;]\s*(?:{_SET_OFF}|{_SITE})(?:(?!\w)|(?<=\W))"
    rf"|(?:{_HAN_SITE})\s*$"
)
"""Of the tables above, for a name in lower case behind a space: without `re.I` it is looked for far quicker."""


class Bare(NamedTuple):
    name: str
    others: tuple[str, ...]
    """Former names and trade names that stood in remarks."""


def without_remarks(text: str) -> Bare:
    """A name without remarks; unchanged where nothing would be left."""
    if not _may_have_remarks(text):
        return Bare(text, ())
    others: list[str] = []

    def bracket(found: re.Match[str]) -> str:
        if other := _INSIDE_OTHER.match(found[1]):
            others.append(other[1])
            return " "
        return " " if _is_remark(found[1]) or _INSIDE.match(found[1]) else found[0]

    bare = _without_ahead(_STARRED.sub(" ", _BRACKETED.sub(bracket, text)))
    if found := _OTHER_NAME.search(bare):
        others.append(found[1])
        bare = bare[: found.start()]
    bare = _HAN_BRANCH.sub("", _TAIL.sub("", bare).rstrip())
    bare = _LEAD.sub("", _without_end(bare))
    known = tuple(name for name in (other.strip(" \t,;:-–—()*") for other in others) if _says_something(name))
    return Bare(bare, known) if _says_something(bare) else Bare(text, ())


def known_as(*names: str) -> tuple[str, ...]:
    """The names as they are written, and behind them those that stand in their remarks."""
    return tuple(dict.fromkeys((*names, *(other for name in names for other in without_remarks(name).others))))


def _may_have_remarks(text: str) -> bool:
    """No for most names, which are spared the rest; never for one that the rest would change."""
    if _SIGNS.search(text) or _TELLING.search(f" {text.lower()}"):
        return True
    words = text.split()
    return bool(words) and (words[0] in _AHEAD_ALONE or _is_shouted(words[-1]))


def _without_ahead(text: str) -> str:
    found = _AHEAD.match(text)
    if not found:
        return text
    is_remark = _is_remark(found[1]) if found[1] else found[2] in _AHEAD_ALONE and not text.isupper()
    return text[found.end() :] if is_remark else text


def _without_end(text: str) -> str:
    """Without a remark behind a dash, or in capitals behind a name that is not."""
    found = _DASHED.search(text)
    if found and _is_remark(found[1], _SHOUTED_NAMES if found[1].isupper() else _NOT_ALONE):
        return text[: found.start()]
    words = text.split()
    kept = next((count for count in range(len(words), 0, -1) if not _is_shouted(words[count - 1])), 0)
    is_remark = 0 < kept < len(words) and _is_remark(" ".join(words[kept:]), _SHOUTED_ENDS)
    return " ".join(words[:kept]) if is_remark and not text.isupper() else text


def _is_shouted(word: str) -> bool:
    return word.isupper() and _is_remark(word)


def _is_remark(text: str, names: frozenset[str] = frozenset()) -> bool:
    """Whether it is made of remarks, of which one at least is not in `names`."""
    words = re.findall(r"\w+", text.casefold())
    said = {word for word in words if word in _REMARKS}
    return not said <= names and all(word in _REMARKS or word.isdigit() for word in words)


def _says_something(text: str) -> bool:
    """A legal form alone is no name: of `**D** GmbH` the stars are part."""
    return sum(sign.isalnum() for sign in text) > 1 and "_".join(split(text)) not in tables.legal_forms()
