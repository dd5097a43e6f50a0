"""The closed lists by which two questions in other words are known to ask the same: what may differ, and what stands for what.

Whatever is on no list must be equal. Plain data; read by ``question``.
"""

from __future__ import annotations

from collections.abc import Mapping

MANNERS = (
    "hello", "hi", "hey", "hi there", "hello there", "good morning", "good afternoon", "good evening",
    "please", "kindly", "thanks", "thank you", "thanks in advance", "thank you very much", "many thanks",
    "i have a question", "quick question",
)  # fmt: skip
"""Courtesies: they say nothing of what is asked, unless it is asked about them."""
ABOUT_WORDS = frozenset(
    [
        "say",
        "says",
        "said",
        "spell",
        "translate",
        "translated",
        "translation",
        "mean",
        "means",
        "meaning",
        "word",
        "words",
        "phrase",
        "reply",
        "respond",
    ]
)
"""Where one of these stands, courtesies may be what is asked about, and stay."""
STARTS = frozenset(
    [
        "what",
        "who",
        "whom",
        "whose",
        "which",
        "when",
        "where",
        "why",
        "how",
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "could",
        "should",
        "would",
        "will",
        "may",
        "must",
        "has",
        "have",
        "tell",
        "give",
        "show",
        "explain",
        "list",
        "write",
        "define",
        "describe",
        "convert",
        "calculate",
        "find",
        "i",
    ]
)
"""Words with which a question goes on after a courtesy without a comma."""

TELL = (
    "tell me", "give me", "let me know", "do you know", "i want to know", "i would like to know", "i need to know",
    "could you tell me", "can you tell me", "would you tell me", "will you tell me", "could you give me",
    "can you give me", "could you let me know", "can you let me know", "could you please tell me",
    "can you please tell me", "could you please give me", "can you please give me",
)  # fmt: skip
CLAUSES = frozenset({"what", "who", "whom", "whose", "which", "when", "where", "why", "how", "if", "whether"})

LEADS: Mapping[str, str] = {
    "what is the": "", "what is a": "what_a", "what is an": "what_a", "what is": "what", "what are the": "what be",
    "what are": "what be", "what is meant by": "meaning of", "what is the meaning of": "meaning of",
    "what is the definition of": "meaning of", "define": "meaning of",
    "how do i": "how to", "how can i": "how to", "how does one": "how to", "how can one": "how to",
    "what are the steps to": "how to", "what is the way to": "how to",
    "could you explain": "explain", "can you explain": "explain", "could you explain to me": "explain",
    "can you explain to me": "explain", "explain to me": "explain", "could you please explain": "explain",
    "can you please explain": "explain", "help me understand": "explain",
    "could you show me": "show", "can you show me": "show", "show me": "show",
    "could you list": "list", "can you list": "list", "could you write": "write", "can you write": "write",
    "write me": "write", "could you translate": "translate", "can you translate": "translate",
    "could you summarise": "summarise", "can you summarise": "summarise",
    "could you summarize": "summarise", "can you summarize": "summarise",
    **dict.fromkeys((f"{lead} the" for lead in TELL), ""),
    **dict.fromkeys((f"{lead} {article}" for lead in TELL for article in ("a", "an")), "give_a"),
    **dict.fromkeys(TELL, "give"),
}  # fmt: skip
"""How questions begin → what they begin with. The longest is taken; the rest of the words follow."""

DROPPED = frozenset({"a", "an", "the", "do", "does"})
"""Words that may be there or not. Neither modal verbs, nor negations, nor prepositions."""
MEANT = frozenset({"few", "little", "bit", "lot"})
"""Words before which an article changes what is said."""

SAME: Mapping[str, str] = {
    **dict.fromkeys(("is", "are", "am"), "be"),
    **dict.fromkeys(("was", "were"), "was"),
    **dict.fromkeys(("has", "have"), "have"),
    **dict.fromkeys(("begin", "start", "commence"), "start"),
    **dict.fromkeys(("buy", "purchase"), "buy"),
    **dict.fromkeys(("big", "large"), "large"),
    **dict.fromkeys(("biggest", "largest"), "largest"),
    **dict.fromkeys(("quick", "fast", "rapid"), "fast"),
    **dict.fromkeys(("quickly", "rapidly"), "quickly"),
    **dict.fromkeys(("fastest", "quickest"), "fastest"),
    **dict.fromkeys(("photo", "photograph", "picture"), "picture"),
    **dict.fromkeys(("phone", "telephone"), "phone"),
    **dict.fromkeys(("email", "e-mail"), "email"),
    **dict.fromkeys(("bike", "bicycle"), "bicycle"),
    **dict.fromkeys(("automobile", "car"), "car"),
    **dict.fromkeys(("fridge", "refrigerator"), "refrigerator"),
    **dict.fromkeys(("tv", "television"), "television"),
    **dict.fromkeys(("repair", "fix"), "fix"),
    **dict.fromkeys(("error", "mistake"), "error"),
    **dict.fromkeys(("firm", "company"), "company"),
    **dict.fromkeys(("answer", "reply"), "answer"),
    **dict.fromkeys(("movie", "film"), "film"),
    **dict.fromkeys(("physician", "doctor"), "doctor"),
    **dict.fromkeys(("attorney", "lawyer"), "lawyer"),
    **dict.fromkeys(("kids", "children"), "children"),
    **dict.fromkeys(("lift", "elevator"), "elevator"),
    **dict.fromkeys(("summarize", "summarise"), "summarise"),
    **dict.fromkeys(("colour", "color"), "color"),
    **dict.fromkeys(("centre", "center"), "center"),
    **dict.fromkeys(("organise", "organize"), "organise"),
    **dict.fromkeys(("cancelled", "canceled"), "cancelled"),
    **dict.fromkeys(("licence", "license"), "licence"),
    **dict.fromkeys(("okay", "ok"), "ok"),
    **dict.fromkeys(("percent", "percentage"), "percent"),
    **dict.fromkeys(("log-in", "login", "signin", "sign-in"), "login"),
}  # fmt: skip
"""Words of one meaning wherever they stand → one of them. A word with another meaning elsewhere is not here."""

NUMBERS: Mapping[str, str] = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40",
    "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th",
}  # fmt: skip

CONTRACTIONS: Mapping[str, str] = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "ain't": "is not",
    "let's": "let us", "what's": "what is", "who's": "who is", "where's": "where is", "when's": "when is",
    "how's": "how is", "that's": "that is", "there's": "there is", "it's": "it is", "i'm": "i am", "he's": "he is",
    "she's": "she is", "whats": "what is", "dont": "do not", "doesnt": "does not", "didnt": "did not", "isnt": "is not",
}  # fmt: skip
ENDINGS: Mapping[str, str] = {"n't": " not", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would"}
