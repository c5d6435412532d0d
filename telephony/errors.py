"""What the carrier refuses, in our words, and whether trying again can help."""

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException

# The carrier's codes for a leg that has ended or was never there.
LEG_IS_GONE = {21220, 20404}
# The number itself cannot be rung, however often it is tried.
NUMBER_IS_BAD = {13224, 21211, 21214, 21217}
# What its other codes mean to those who read why something failed.
REFUSALS = {
    20003: "运营商账号或密钥不正确，请联系管理员",
    20404: "线路已结束",
    20429: "请求过于频繁，稍后自动重试",
    21211: "被叫号码不正确，请核对",
    21220: "线路已结束",
    21408: "账号未开通该地区，请联系管理员",
    21610: "对方已退订短信",
    21612: "该号码无法接收短信",
    21614: "该号码不能接收短信，请核对",
}


class CarrierError(Exception):
    """``permanent``: trying again cannot help.  ``unknown``: it may have happened all the same."""

    def __init__(self, words: str, *, permanent: bool, unknown: bool = False) -> None:
        super().__init__(words)
        self.permanent = permanent
        self.unknown = unknown


class LegGone(CarrierError):
    """The leg is over; nothing more can be done to it."""

    def __init__(self, words: str) -> None:
        super().__init__(words, permanent=True)


class BadNumber(CarrierError):
    """This number cannot be rung; others can."""

    def __init__(self, words: str) -> None:
        super().__init__(words, permanent=True)


class translated:
    """Turns the SDK's and the HTTP library's errors into ours.

    The carrier's own text may name the citizen's number; it is neither kept nor chained to.
    ``makes``: done twice it would be there twice."""

    def __init__(self, *, makes: bool = False) -> None:
        self._makes = makes

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, TwilioRestException):
            words = _refusal(error)
            if error.code in LEG_IS_GONE:
                raise LegGone(words) from None
            if error.code in NUMBER_IS_BAD:
                raise BadNumber(words) from None
            permanent = 400 <= error.status < 500 and error.status != 429
            unknown = self._makes and error.status >= 500
            raise CarrierError(words, permanent=permanent, unknown=unknown) from None
        if isinstance(error, TwilioException | RequestException):
            words = f"运营商无应答：{type(error).__name__}"
            raise CarrierError(words, permanent=False, unknown=True) from None


def _refusal(error: TwilioRestException) -> str:
    told = REFUSALS.get(error.code, "运营商未受理")
    return f"{told}（HTTP {error.status}，错误码 {error.code or '无'}）"
