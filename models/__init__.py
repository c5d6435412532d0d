"""The rows of the hotline: columns, legal moves, constraints.  No Flask, no Redis, no carrier."""

from models.addition import Addition, AdditionKind
from models.assignment import (
    Assignment,
    Contact,
    ContactWay,
    Part,
    Reply,
    ReplyVerdict,
    Round,
    Solved,
)
from models.audit import AuditEntry, SignInAttempt
from models.base import Base, IllegalMove
from models.call import Call, CallEvent, CallStatus, Direction, Disposition, Outgoing
from models.city import District, Topic, Unit, UnitGroup, UnitKind
from models.deadlines import CalendarChange, DaySource, DeadlinePolicy, WorkDay
from models.dispatching import DispatchRule
from models.figures import MonthFigure, ScoreChange, ScoreItem
from models.history import ChainDigest, TicketEvent
from models.knowledge import ARTICLE_MOVES, Article, ArticleShown, ArticleState, Verdict
from models.learning import Learned, Lesson, Purpose, Reason
from models.lifecycle import (
    ASSIGNMENT_LABELS,
    ASSIGNMENT_MOVES,
    REQUEST_LABELS,
    REQUEST_MOVES,
    STATE_LABELS,
    TICKET_MOVES,
    Actor,
    AssignmentState,
    RequestState,
    TicketState,
)
from models.line import GENERAL, Line, Skill
from models.meeting import Meeting, MeetingTicket
from models.model_use import ModelUse, UseOutcome
from models.notice import Notice
from models.person import Person
from models.recording import Party, Recording, RecordingState, Source, TranscriptState, Utterance
from models.requests import Request, RequestKind, SuperviseKind, Supervision, Urge
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
    "ASSIGNMENT_LABELS",
    "ASSIGNMENT_MOVES",
    "GENERAL",
    "KIND_LABELS",
    "LIVE",
    "REQUEST_LABELS",
    "REQUEST_MOVES",
    "STATE_LABELS",
    "TICKET_MOVES",
    "Activity",
    "Actor",
    "Addition",
    "AdditionKind",
    "Article",
    "ArticleShown",
    "ArticleState",
    "Assignment",
    "AssignmentState",
    "AuditEntry",
    "Base",
    "CalendarChange",
    "Call",
    "CallEvent",
    "CallStatus",
    "ChainDigest",
    "CodeAttempt",
    "Contact",
    "ContactWay",
    "DaySource",
    "DeadlinePolicy",
    "Desired",
    "Direction",
    "DispatchRule",
    "Disposition",
    "District",
    "IllegalMove",
    "Kind",
    "Learned",
    "Lesson",
    "Line",
    "Meeting",
    "MeetingTicket",
    "MissedContact",
    "MissedKind",
    "ModelUse",
    "MonthFigure",
    "Notice",
    "Offer",
    "OfferState",
    "Order",
    "OrderState",
    "Outgoing",
    "Part",
    "Party",
    "Person",
    "Place",
    "Promise",
    "PromiseKind",
    "Purpose",
    "Reason",
    "Recording",
    "RecordingState",
    "Reply",
    "ReplyVerdict",
    "Request",
    "RequestKind",
    "RequestState",
    "Role",
    "Round",
    "ScoreChange",
    "ScoreItem",
    "Seat",
    "SignInAttempt",
    "Skill",
    "Solved",
    "Source",
    "StaffMember",
    "SuperviseKind",
    "Supervision",
    "TextMessage",
    "TextState",
    "Ticket",
    "TicketCounter",
    "TicketEvent",
    "TicketState",
    "Topic",
    "TranscriptState",
    "Unit",
    "UnitGroup",
    "UnitKind",
    "Urge",
    "Urgency",
    "UseOutcome",
    "Utterance",
    "Verdict",
    "WorkDay",
]
