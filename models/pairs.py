"""Finding text by pairs of characters: Chinese words have no borders, and no list knows them all.

A GIN index over the pairs finds every place that could hold what is looked for, the text itself
decides; any run of two characters or more is found, names of estates and half words too."""

from sqlalchemy import DDL, ColumnElement, SQLColumnExpression, String, and_, func
from sqlalchemy.dialects.postgresql import ARRAY

# An index needs it before its table; a migration makes both for a database that lives.
WORD_PAIRS = DDL(  # type: ignore[no-untyped-call]
    "CREATE OR REPLACE FUNCTION word_pairs(said text) RETURNS text[]"
    " LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
    " RETURN ARRAY(SELECT DISTINCT substr(lower(said), at, 2)"
    " FROM generate_series(1, length(said) - 1) AS at)"
)
SHORTEST_WORD = 2


def holds(text: SQLColumnExpression[str], word: str) -> ColumnElement[bool]:
    """``text`` holds ``word``, which has two characters at least: one alone is no pair.

    ``text`` must be written as the index has it."""
    pairs = func.word_pairs(text, type_=ARRAY(String))
    wanted = func.word_pairs(word, type_=ARRAY(String))
    return and_(pairs.contains(wanted), text.icontains(word, autoescape=True))
