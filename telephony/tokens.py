"""Access tokens for the browser phone of an agent."""

from flask import current_app
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

TTL = 3600


def voice_token(identity: str) -> str:
    """A signed token, good for ``TTL`` seconds: may call the TwiML App and be called."""
    settings = current_app.config["SETTINGS"]
    token = AccessToken(
        settings.twilio_account_sid,
        settings.twilio_api_key,
        settings.twilio_api_secret,
        identity=identity,
        ttl=TTL,
    )
    token.add_grant(
        VoiceGrant(outgoing_application_sid=settings.twilio_app_sid, incoming_allow=True)
    )
    return str(token.to_jwt())
