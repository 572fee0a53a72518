"""Why a score is what it is: one code for each kind of evidence."""

from enum import StrEnum


class Reason(StrEnum):
    RARE_WORD = "rare_word"
    FIRST_WORD = "first_word"
    SAME_WORDS = "same_words"
    EXTRA_WORDS = "extra_words"
    PLACE_DIFFERS = "place_differs"
    KIND = "kind_of_organisation"
    LEGAL_FORM = "legal_form"
    NUMBER = "number"
    SPELLING = "spelling"
    TRANSLATED = "translated"
    LETTERS = "letters"
    WORD_ORDER = "word_order"
    ACRONYM = "acronym"
    NAME_EQUAL = "name_equal"
    COUNTRY = "country"
