"""The interface for units' own systems: keys, answers kept for repeats, attachments."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from infra.wording import N_
from models.assignment import Assignment
from models.base import Base, one_of, words
from models.city import Unit
from models.staff import StaffMember

SHA256 = 64


class Scope(StrEnum):
    """What the holder of a key may do."""

    READ = "tickets:read"
    WRITE = "tickets:write"
    ATTACHMENTS = "attachments"
    EVENTS = "events"
    # What has an effect in law is not open to whoever may sign and reply.
    LEGAL = "tickets:legal"
    # For another platform, such as 110, rather than for a unit.
    LINKAGE = "linkage"
    # For the province's platform or a neighbouring city's.
    EXCHANGE = "exchange"

    @property
    def label(self) -> str:
        return SCOPE_LABELS[self]


SCOPE_LABELS: dict[Scope, str] = {
    Scope.READ: N_("读取工单"),
    Scope.WRITE: N_("签收、办理、反馈、申请"),
    Scope.ATTACHMENTS: N_("上传和下载附件"),
    Scope.EVENTS: N_("读取工单动态"),
    Scope.LEGAL: N_("办理 12315 法定步骤"),
    Scope.LINKAGE: N_("与 110 等平台联动"),
    Scope.EXCHANGE: N_("与省平台、外市热线交换工单"),
}


class ApiKey(Base):
    """接口密钥: opens the interface to one system of one unit; its secret is kept as a hash only.

    The hash needs no salt and no slowness: 256 random bits cannot be guessed."""

    __tablename__ = "api_key"
    __table_args__ = (
        CheckConstraint(
            "scopes <@ ARRAY["
            + ", ".join(f"'{scope}'" for scope in Scope)
            + "]::varchar[] AND scopes <> '{}'",
            name="scopes",
        ),
        CheckConstraint("per_minute BETWEEN 1 AND 60000", name="per_minute"),
        Index("ix_api_key_unit_id", "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # In whose name it acts: histories and the audit log know it like a member of staff.
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)
    name: Mapped[str] = mapped_column(String(48))
    # The part of the key that may be seen, and by which it is found.
    public: Mapped[str] = mapped_column(String(16), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(SHA256))
    scopes: Mapped[list[str]] = mapped_column(default=list)
    per_minute: Mapped[int] = mapped_column(default=600)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship()
    staff: Mapped[StaffMember] = relationship()


class KeptAnswer(Base):
    """What a write was answered, for whoever repeats it: committed with the write itself."""

    __tablename__ = "kept_answer"
    __table_args__ = (
        UniqueConstraint("api_key_id", "key"),
        Index("ix_kept_answer_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(SHA256))
    at: Mapped[datetime]
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Sealed)


class AttachmentState(StrEnum):
    # A scanner has to look at it first.
    WAITING = "waiting"
    READY = "ready"
    INFECTED = "infected"

    @property
    def label(self) -> str:
        return ATTACHMENT_LABELS[self]


ATTACHMENT_LABELS: dict[AttachmentState, str] = {
    AttachmentState.WAITING: N_("待查毒"),
    AttachmentState.READY: N_("可下载"),
    AttachmentState.INFECTED: N_("含有病毒，已隔离"),
}


class Attachment(Base):
    """附件: a file that a unit adds to its assignment; the content lies in the store."""

    __tablename__ = "attachment"
    __table_args__ = (
        one_of("state", AttachmentState),
        UniqueConstraint("assignment_id", "sha256"),
        CheckConstraint("size > 0", name="size"),
        # Whether a file of the store is still anybody's.
        Index("ix_attachment_storage_key", "storage_key"),
        Index("ix_attachment_waiting", "next_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # People name files after people.
    name: Mapped[str] = mapped_column(Sealed)
    media_type: Mapped[str] = mapped_column(String(96))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(SHA256))
    storage_key: Mapped[str] = mapped_column(String(120))
    state: Mapped[AttachmentState] = mapped_column(words(AttachmentState))
    next_at: Mapped[datetime]
    # None where no scanner is set up.
    scanned_at: Mapped[datetime | None]
    finding: Mapped[str | None] = mapped_column(String(200))

    assignment: Mapped[Assignment] = relationship()
    by: Mapped[StaffMember | None] = relationship()


class Leftover(Base):
    """A file of the store that no attachment has any more."""

    __tablename__ = "leftover"

    key: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
    # The content is being deleted, or has been.
    doomed_at: Mapped[datetime | None]
