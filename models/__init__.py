"""The rows of the hotline: columns, legal moves, constraints.  No Flask, no Redis, no carrier."""

from models.audit import AuditEntry, SignInAttempt
from models.base import Base, IllegalMove
from models.call import Call, CallEvent, CallStatus, Direction, Disposition, Outgoing
from models.city import District, Topic, Unit, UnitKind
from models.knowledge import ARTICLE_MOVES, Article, ArticleShown, ArticleState, Verdict
from models.learning import Learned, Lesson, Purpose, Reason
from models.line import GENERAL, Line, Skill
from models.model_use import ModelUse, UseOutcome
from models.person import Person
from models.recording import Party, Recording, RecordingState, Source, TranscriptState, Utterance
from models.seat import Activity, Desired, Seat
from models.staff import Role, StaffMember
from models.ticket import (
    KIND_LABELS,
    CodeAttempt,
    Kind,
    MissedContact,
    MissedKind,
    TextMessage,
    TextState,
    Ticket,
    TicketCounter,
    TicketEvent,
    TicketState,
    Urgency,
)
from models.waiting import (
    LIVE,
    Offer,
    OfferState,
    Order,
    OrderState,
    Place,
    Promise,
    PromiseKind,
)

__all__ = [
    "ARTICLE_MOVES",
    "GENERAL",
    "KIND_LABELS",
    "LIVE",
    "Activity",
    "Article",
    "ArticleShown",
    "ArticleState",
    "AuditEntry",
    "Base",
    "Call",
    "CallEvent",
    "CallStatus",
    "CodeAttempt",
    "Desired",
    "Direction",
    "Disposition",
    "District",
    "IllegalMove",
    "Kind",
    "Learned",
    "Lesson",
    "Line",
    "MissedContact",
    "MissedKind",
    "ModelUse",
    "Offer",
    "OfferState",
    "Order",
    "OrderState",
    "Outgoing",
    "Party",
    "Person",
    "Place",
    "Promise",
    "PromiseKind",
    "Purpose",
    "Reason",
    "Recording",
    "RecordingState",
    "Role",
    "Seat",
    "SignInAttempt",
    "Skill",
    "Source",
    "StaffMember",
    "TextMessage",
    "TextState",
    "Ticket",
    "TicketCounter",
    "TicketEvent",
    "TicketState",
    "Topic",
    "TranscriptState",
    "Unit",
    "UnitKind",
    "Urgency",
    "UseOutcome",
    "Utterance",
    "Verdict",
]
