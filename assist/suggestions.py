"""Assisted replies: what was shown to an agent for which sentence, used, or found wrong."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from assist import matter, search
from infra.clock import now
from infra.db import session
from models import Article, ArticleShown, ArticleState, Call, StaffMember, Utterance
from staff import audit

LONGEST_NOTE = 500


def show(call: Call, to: StaffMember, utterance: Utterance | None = None) -> list[ArticleShown]:
    """The articles for what was just said, or, before that, for what was said to the menu; each
    showing is kept, a repeat shows the same ones, but for those that hold no longer or were found
    wrong meanwhile.  A sentence that is only polite asks for none."""
    at = now()
    asked = matter.of((utterance.text if utterance else call.speech) or "")
    for hit in search.find(asked, call.line_id) if asked else ():
        session.execute(
            insert(ArticleShown)
            .values(
                article_id=hit.article_id,
                call_id=call.id,
                utterance_id=utterance.id if utterance else None,
                agent_id=to.id,
                at=at,
                sentence=hit.sentence,
                score=hit.score,
            )
            .on_conflict_do_nothing()
        )
    if utterance is not None:
        which = ArticleShown.utterance_id == utterance.id
    else:
        which = (ArticleShown.call_id == call.id) & ArticleShown.utterance_id.is_(None)
        which &= ArticleShown.agent_id == to.id
    shown = select(ArticleShown).join(Article).where(which, Article.holds(at))
    return list(session.scalars(shown.order_by(ArticleShown.score.desc())))


def use(shown: ArticleShown) -> None:
    shown.used_at = shown.used_at or now()


def mark_wrong(shown: ArticleShown, note: str) -> None:
    """The agent says that the article is wrong: it is suggested to nobody until it was answered."""
    shown.wrong_at, shown.wrong_note = now(), note.strip()[:LONGEST_NOTE]
    if shown.article.state is ArticleState.APPROVED:
        shown.article.move_to(ArticleState.CHALLENGED)
        shown.article.updated_at = shown.wrong_at
        audit.record("article.challenged", "article", shown.article_id, note=shown.wrong_note)
