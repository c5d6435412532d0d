"""A webhook that does nothing: checks the signature and returns fixed TwiML."""

import os

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator

TWIML = "<Response><Say>您好</Say><Pause length='5'/></Response>"


def create_app() -> Flask:
    app = Flask(__name__)
    base, validator = os.environ["PUBLIC_URL"], RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"state": "ready"}

    @app.post("/<path:anything>")
    def answer(anything: str) -> Response:
        path = request.full_path if request.query_string else request.path
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(base + path, request.form, signature):
            abort(403)
        return Response(TWIML, mimetype="text/xml")

    return app
