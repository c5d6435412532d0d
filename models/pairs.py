"""Finding text by pairs of characters: Chinese words have no borders, and no list knows them all.

A GIN index over the pairs finds every place that could hold what is looked for, the text itself
decides; any run of two characters or more is found, names of estates and half words too."""

from typing import Any

from sqlalchemy import DDL, ColumnElement, SQLColumnExpression, String, and_, func, or_
from sqlalchemy.dialects.postgresql import ARRAY

# An index needs them before its table; a migration makes both for a database that lives.
WORD_PAIRS = DDL(  # type: ignore[no-untyped-call]
    "CREATE OR REPLACE FUNCTION word_pairs(said text) RETURNS text[]"
    " LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
    " RETURN ARRAY(SELECT DISTINCT substr(lower(said), at, 2)"
    " FROM generate_series(1, length(said) - 1) AS at)"
)
WORD_PAIRS_OF_TWO = DDL(  # type: ignore[no-untyped-call]
    "CREATE OR REPLACE FUNCTION word_pairs(said text, more text) RETURNS text[]"
    " LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    " RETURN word_pairs(coalesce(said, '') || ' ' || coalesce(more, ''))"
)
SHORTEST_WORD = 2


def holds(word: str, *texts: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """One of the texts holds ``word``, which has two characters at least: one alone is no pair.

    There must be an index over ``word_pairs`` of just these texts, one or two."""
    pairs = func.word_pairs(*texts, type_=ARRAY(String))
    wanted = func.word_pairs(word, type_=ARRAY(String))
    return and_(pairs.contains(wanted), stands_in(word, *texts))


def stands_in(word: str, *texts: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """The same without the index: for rows that are read one by one."""
    return or_(*[text.icontains(word, autoescape=True) for text in texts])
