"""What a citizen wants done, in the plainest of his words.  Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assist import matter

# From the plainest words to the least; what follows the words is the demand.  That he wants to ask
# or to tell something is his opening, and no demand.
DEMANDS = (
    re.compile(
        r"(?:希望|要求|请求|期望|诉求是|我就?想)(?:你们|政府|有关部门|相关部门|能够|能|可以|要)*+"
        r"(?!请?(?:问|咨询|反映|反应|投诉|举报|了解|求助|请教|打听|知道|说))([^。！？!?]{3,})"
    ),
    re.compile(
        r"(?:能不能|可不可以|能否|麻烦你?们?|请你们|请(?=尽快|帮|派|安排))((?:你们|帮|帮我|派|安排|尽快|快|早|来|让|管|处理|解决|协调|把)[^。！？!?]{1,})"
    ),
    re.compile(r"((?:尽快|赶紧|抓紧|赶快|早点|马上)[^，。！？,!?]{2,})"),
)
# What he says to be understood, to begin, to end or to be passed on asks for nothing to be done.
NO_DEED = (
    r"(?!(?:please )?(?:to )?(?:hear|tell|explain|know|ask|complain|report|make a complaint|say"
    r"|speak|talk|wait|hold|hang|repeat|listen|enquire|inquire|suggest|praise|commend|compliment|thank"
    r"|file a complaint|find out|understand|check|go|leave|let me|let us|put me (?:through|on)"
    r"|(?:transfer|connect) (?:me|us|to|my call|this call|the call)"
    r"|give me (?:a|one|some) (?:moment|minute|second|time)|be(?! (?:\w+ed|paid|shut)\b))\b)"
)
WISHES = (
    r"\bi(?:[’']d like| would like| want| wish| hope| ask| demand| need|[’']m asking| am asking)"
)
SOMEBODY = r"(?:you|they|somebody|someone|anybody|anyone|the (?:city|government|authorities))"
OTHERS_DO = rf"{SOMEBODY} (?:to|can|could|will|would)\b"
# What he wants to do himself is his own affair, unless it is to see it done by others.
SEES_DONE = (
    r"(?:(?:have|get|see) (?:my|our|his|her|their|the|this|that|these|those|it|them|an?)\b"
    r"[^.,?!]*? (?:\w{2,}[^\We]ed|done|back|paid|built|rebuilt|shut|put|cut)\b"
    r"|be (?:paid|refunded|compensated|reimbursed)\b)"
)
ENGLISH_DEMANDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!what )(?<!if )(?<!do ){WISHES} (?:for )?(?:that )?"
        rf"(?:{SOMEBODY} (?:(?:to|can|could|will|would) )?|to (?={SEES_DONE}))?{NO_DEED}"
        rf"((?!to\b|you\b|{OTHERS_DO}|help\b"
        r"|an? (?:question|complaint|suggestion|moment|minute|second)\b)[^.?!]{3,})",
        rf"\b(?:can|could|will|would) {SOMEBODY} (?:please )?(?:help (?:me|us) )?+{NO_DEED}"
        r"((?!please\b)[^.?!]{3,})",
        r"\bplease (?:help (?:me|us) )?+(?:to )?+"
        rf"{NO_DEED}((?!help\b)[a-z][^.?!]{{3,}})",
        r"\b(?:somebody|someone|you|they) (?:should|must|ha(?:s|ve) to|needs? to) "
        rf"{NO_DEED}([^.?!]{{3,}})",
    )
)
# A plea that does not say for what.
BARE_PLEA = re.compile(r"(?:你们|帮|我|忙|一下|下)+|(?:help|me|us|out|with|this|it|that| )+", re.I)


@dataclass(frozen=True)
class Demand:
    text: str
    sentence: str


def of(own: Sequence[str]) -> Demand | None:
    """In the plainest words; the last time he says it."""
    for pattern in (*DEMANDS, *ENGLISH_DEMANDS):
        for sentence in reversed(own):
            match = pattern.search(sentence)
            wanted = matter.of(match[1]) if match else ""
            if wanted and not BARE_PLEA.fullmatch(wanted):
                return Demand(wanted, sentence)
    return None
