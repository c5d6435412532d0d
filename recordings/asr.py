"""Speech recognition after the call, by the engine of the settings; each channel on its own."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from math import exp
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import requests
from pydub import AudioSegment

from config import Settings
from infra.wording import N_

TIMEOUT = (5.0, 600.0)
SEGMENT_FIELDS = ("start", "end", "text", "avg_logprob")


class EngineError(Exception):
    """The engine did not answer; asking again later may help."""

    permanent = False


@dataclass(frozen=True)
class Segment:
    start_s: float
    end_s: float
    text: str
    confidence: float | None

    @property
    def ended(self) -> timedelta:
        return timedelta(seconds=self.end_s)


class Engine(Protocol):
    def transcribe(self, wav: Path, language: str) -> list[list[Segment]]:
        """The segments of each channel, in the file's order; raises EngineError.

        ``language``: the caller's, in two letters; an engine that guesses takes noise for words."""


@dataclass(frozen=True)
class ByChannel:
    """Lets an engine that knows no channels hear one after the other."""

    hear: Callable[[Path, str], list[Segment]]

    def transcribe(self, wav: Path, language: str) -> list[list[Segment]]:
        with TemporaryDirectory(prefix="channels-") as folder:
            found = []
            for number, channel in enumerate(AudioSegment.from_wav(wav).split_to_mono()):
                file = Path(folder) / f"{number}.wav"
                channel.export(file, format="wav").close()
                found.append(self.hear(file, language))
            return found


class NotInstalled(Exception):
    """The engine of the settings is not on this machine; the message says what to do."""


def engine(settings: Settings) -> Engine | None:
    """The engine that ``ASR_ENGINE`` names; None when it names none.  Raises NotInstalled."""
    kind, _, rest = settings.asr_engine.partition(":")
    if kind == "openai":
        base, _, model = rest.partition("#")
        return ByChannel(_over_http(base.rstrip("/"), model, settings.llm_api_key))
    if kind == "faster-whisper":
        if importlib.util.find_spec("faster_whisper") is None:
            raise NotInstalled(
                N_("未安装 faster-whisper，请在任务进程的环境中安装")
                + "：pip install faster-whisper"
            )
        if not Path(rest).is_dir():
            raise NotInstalled(
                N_("没有语音识别模型目录，请放入模型或更正 ASR_ENGINE") + f"：{rest}"
            )
        return ByChannel(_whisper(rest))
    return None


def there_is_one(settings: Settings) -> bool:
    try:
        return engine(settings) is not None
    except NotInstalled:
        return False


def _over_http(base: str, model: str, key: str) -> Callable[[Path, str], list[Segment]]:
    """Any service with OpenAI's interface for transcriptions."""

    def hear(wav: Path, language: str) -> list[Segment]:
        try:
            with wav.open("rb") as sound:
                answer = requests.post(
                    f"{base}/audio/transcriptions",
                    headers={"Authorization": f"Bearer {key}"} if key else {},
                    data={"model": model, "response_format": "verbose_json", "language": language},
                    files={"file": ("channel.wav", sound, "audio/wav")},
                    timeout=TIMEOUT,
                )
            answer.raise_for_status()
            return [_segment(one) for one in answer.json().get("segments") or []]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise EngineError(
                N_("语音识别服务没有给出结果") + f"：{type(error).__name__}"
            ) from error

    return hear


def _segment(raw: dict[str, Any]) -> Segment:
    likely = raw.get("avg_logprob")
    return Segment(
        round(float(raw["start"]), 2),
        round(float(raw["end"]), 2),
        str(raw["text"]).strip(),
        None if likely is None else min(1.0, round(exp(float(likely)), 3)),
    )


def _whisper(model_path: str) -> Callable[[Path, str], list[Segment]]:
    def hear(wav: Path, language: str) -> list[Segment]:
        try:
            found, _ = _model(model_path).transcribe(str(wav), language=language, vad_filter=True)
            return [
                _segment(
                    {"start": s.start, "end": s.end, "text": s.text, "avg_logprob": s.avg_logprob}
                )
                for s in found
            ]
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(N_("语音识别模型出错") + f"：{error}") from error

    return hear


@cache
def _model(path: str) -> Any:
    """Loaded once per worker; the library is optional and heavy."""
    library = importlib.import_module("faster_whisper")
    # Words of citizens stay here, and so does the model: nothing is fetched by the way.
    return library.WhisperModel(path, device="auto", compute_type="int8", local_files_only=True)
