"""Which parameters each request may carry: a misspelt one is refused, not swallowed."""

PAGE = "PageSize Page PageToken"
HOOKS = (
    "FriendlyName VoiceUrl VoiceMethod VoiceFallbackUrl VoiceFallbackMethod"
    " StatusCallback StatusCallbackMethod"
)
RECORDING = "RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod"
RECORDING += " RecordingStatusCallbackEvent RecordingTrack"
CALLED = "To From StatusCallback StatusCallbackMethod StatusCallbackEvent Timeout TimeLimit"
CALLED += f" CallerId Record {RECORDING}"
CREATED = "DateCreated DateCreated< DateCreated>"
LOGGED = "Log MessageDate MessageDate< MessageDate>"

PERFORMED: dict[str, str] = {
    "POST /": "FriendlyName Status",
    "GET /Calls": "To From ParentCallSid Status StartTime StartTime< StartTime> EndTime EndTime<"
    f" EndTime> {PAGE}",
    "POST /Calls": f"{CALLED} Url Method Twiml ApplicationSid FallbackUrl FallbackMethod"
    " SendDigits MachineDetection MachineDetectionTimeout AsyncAmd AsyncAmdStatusCallback"
    " AsyncAmdStatusCallbackMethod",
    "POST /Calls/{call}": "Url Method Status FallbackUrl FallbackMethod StatusCallback"
    " StatusCallbackMethod Twiml TimeLimit",
    "GET /Calls/{call}/Events": PAGE,
    "GET /Calls/{call}/Notifications": f"{LOGGED} {PAGE}",
    "GET /Notifications": f"{LOGGED} {PAGE}",
    "GET /Calls/{call}/Recordings": f"{CREATED} {PAGE}",
    "POST /Calls/{call}/Recordings": RECORDING,
    "POST /Calls/{call}/Recordings/{recording}": "Status PauseBehavior",
    "POST /Calls/{call}/Transcriptions": "Name Track StatusCallbackUrl StatusCallbackMethod"
    " InboundTrackLabel OutboundTrackLabel PartialResults LanguageCode TranscriptionEngine",
    "POST /Calls/{call}/Transcriptions/{sid}": "Status",
    "GET /Recordings": f"{CREATED} CallSid ConferenceSid {PAGE}",
    "GET /Recordings/{recording}/Transcriptions": PAGE,
    "GET /Transcriptions": PAGE,
    "GET /Conferences": f"{CREATED} DateUpdated DateUpdated< DateUpdated> FriendlyName Status"
    f" {PAGE}",
    "POST /Conferences/{conference}": "Status AnnounceUrl AnnounceMethod",
    "GET /Conferences/{conference}/Participants": f"Muted Hold Coaching {PAGE}",
    "POST /Conferences/{conference}/Participants": f"{CALLED} Label Muted Beep WaitUrl WaitMethod"
    " StartConferenceOnEnter EndConferenceOnExit MaxParticipants ConferenceRecord Coaching"
    " CallSidToCoach ConferenceStatusCallback ConferenceStatusCallbackMethod"
    " ConferenceStatusCallbackEvent ConferenceRecordingStatusCallback"
    " ConferenceRecordingStatusCallbackMethod ConferenceRecordingStatusCallbackEvent",
    "POST /Conferences/{conference}/Participants/{leg}": "Muted Hold HoldUrl HoldMethod AnnounceUrl"
    " AnnounceMethod WaitUrl WaitMethod BeepOnExit EndConferenceOnExit Coaching CallSidToCoach",
    "GET /Conferences/{conference}/Recordings": f"{CREATED} {PAGE}",
    "POST /Conferences/{conference}/Recordings/{recording}": "Status PauseBehavior",
    "GET /Queues": PAGE,
    "POST /Queues": "FriendlyName MaxSize",
    "POST /Queues/{queue}": "FriendlyName MaxSize",
    "GET /Queues/{queue}/Members": PAGE,
    "POST /Queues/{queue}/Members/{call}": "Url Method",
    "GET /Applications": f"FriendlyName {PAGE}",
    "POST /Applications": HOOKS,
    "POST /Applications/{application}": HOOKS,
    "GET /IncomingPhoneNumbers": f"FriendlyName PhoneNumber {PAGE}",
    "POST /IncomingPhoneNumbers": f"PhoneNumber VoiceApplicationSid {HOOKS}",
    "POST /IncomingPhoneNumbers/{number}": f"VoiceApplicationSid {HOOKS}",
    "GET /Messages": f"To From DateSent DateSent< DateSent> {PAGE}",
    "POST /Messages": "To From Body StatusCallback",
    "POST /Messages/{message}": "Body Status",
}

# The carrier knows them; where no route performs them they change nothing, which the log says.
NAMES = (
    "MachineDetection MachineDetectionTimeout MachineDetectionSpeechThreshold"
    " MachineDetectionSpeechEndThreshold MachineDetectionSilenceTimeout AmdStatusCallback"
    " AmdStatusCallbackMethod Byoc CallReason CallToken ClientNotificationUrl Trim ConferenceTrim"
    " EarlyMedia Region JitterBufferSize SipAuthUsername SipAuthPassword ProfanityFilter"
    " SpeechModel Hints EnableAutomaticPunctuation EnableProviderData IncludeSoftDeleted"
    " ApiVersion VoiceCallerIdLookup ValidityPeriod"
)
WITHOUT_EFFECT = frozenset(NAMES.split())


def known(method: str, path: str) -> frozenset[str]:
    return frozenset(PERFORMED.get(f"{method} {path or '/'}", "").split())
