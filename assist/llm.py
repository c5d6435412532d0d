"""A language model behind any OpenAI-compatible endpoint, DeepSeek's or one of the city's own.

Asked by workers alone, never inside a transaction, and for JSON only."""

import importlib
from dataclasses import dataclass
from typing import Any

from config import Settings

TIMEOUT_S = 30.0
MOST_TOKENS = 1200
# What the service says when it will not, whatever we ask again.
REFUSALS = frozenset({"content_filter"})


class NoAnswer(Exception):
    """The model did not answer in time, or is not there; asking again later may help."""

    permanent = False


class Refused(Exception):
    """The model, or who runs it, will not answer this."""

    permanent = True


@dataclass(frozen=True)
class Answer:
    text: str
    tokens: int | None


def connected(settings: Settings) -> bool:
    """Whether a model may be asked at all."""
    return bool(settings.llm_base_url and settings.llm_model)


def ask(settings: Settings, instructions: str, question: str) -> Answer:
    """One answer, which is meant to be JSON; raises NoAnswer or Refused."""
    library = _library()
    client = library.OpenAI(
        base_url=settings.llm_base_url,
        # A service in the city's own network may ask for none.
        api_key=settings.llm_api_key or "none",
        timeout=TIMEOUT_S,
        max_retries=0,
    )
    try:
        with client:
            given = client.chat.completions.create(
                model=settings.llm_model,
                messages=[
                    {"role": "system", "content": instructions},
                    {"role": "user", "content": question},
                ],
                response_format={"type": "json_object"},
                temperature=0,
                max_tokens=MOST_TOKENS,
            )
    except library.APIStatusError as error:
        if error.status_code in (400, 403, 422):
            raise Refused(f"HTTP {error.status_code}") from error
        raise NoAnswer(f"HTTP {error.status_code}") from error
    # A proxy's page of HTML is no JSON, and the library does not say so in its own words.
    except (library.OpenAIError, ValueError) as error:
        raise NoAnswer(type(error).__name__) from error
    return _answer(given)


def _answer(given: Any) -> Answer:
    """What stands in the first choice; others' servers may leave out anything."""
    try:
        choice = given.choices[0]
        text, refusal = choice.message.content, getattr(choice.message, "refusal", None)
        tokens = given.usage.total_tokens if given.usage else None
    except (AttributeError, IndexError, TypeError) as error:
        raise NoAnswer("an answer without a choice") from error
    if refusal or choice.finish_reason in REFUSALS:
        raise Refused("refusal" if refusal else str(choice.finish_reason))
    return Answer(str(text or ""), tokens if isinstance(tokens, int) else None)


def _library() -> Any:
    """Loaded by who asks, so that no web process carries it."""
    return importlib.import_module("openai")
