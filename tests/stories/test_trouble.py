"""Things break in the middle of calls, and nobody is lost."""

from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_redis_forgets_everything_in_mid_call(comes, hotline):
    agent, citizen = comes("agent18"), comes("citizen")
    agent.ready()
    citizen.reaches("8")
    agent.answers()
    hotline.redis.stop()
    citizen.says("还听得到吗")
    citizen.is_on()
    hotline.redis.start()
    agent.page.wait_for_timeout(4_000)
    citizen.says("现在呢")
    expect(agent.page.locator("#transcript")).to_contain_text("现在呢", timeout=20_000)
    call = hotline.call_of(citizen.number)
    agent.finishes()
    citizen.hears("请对本次服务评价")
    citizen.hangs_up()
    hotline.until("SELECT state = 'stored' FROM recording WHERE call_id = %s", call, within=60)


def test_the_worker_dies_in_mid_job(comes, hotline):
    agent, citizen = comes("agent18"), comes("citizen")
    agent.ready()
    citizen.reaches("8")
    agent.answers()
    citizen.says("请帮我查一下")
    agent.page.wait_for_timeout(3_000)
    call = hotline.call_of(citizen.number)
    hotline.faults(rest=1, rest_kind="timeout")
    citizen.hangs_up()
    hotline.until("SELECT state = 'fetching' FROM recording WHERE call_id = %s", call)
    hotline.kill("worker")
    hotline.faults(rest=0)
    # The sweep gives a job two minutes; this one's are over.
    hotline.execute("UPDATE recording SET next_at = now() WHERE call_id = %s", call)
    hotline.begin("worker")
    hotline.until("SELECT state = 'stored' FROM recording WHERE call_id = %s", call, within=90)


def test_the_database_restarts_in_mid_call(comes, hotline):
    agent, citizen = comes("agent18"), comes("citizen")
    waiting = comes("citizen")
    agent.ready()
    citizen.reaches("8")
    agent.answers()
    waiting.reaches("8")
    waiting.hears("正在为您转接")
    hotline.restart_database()
    citizen.is_on()
    waiting.is_on()
    agent.page.wait_for_timeout(3_000)
    agent.finishes()
    citizen.hears("请对本次服务评价")
    citizen.hangs_up()
    agent.is_done()
    agent.answers()
    waiting.is_on()
    waiting.hangs_up()


def test_the_carrier_dies_in_mid_call(comes, hotline):
    """It can tell nobody of the calls that die with it: the reconciliation finds them gone."""
    agent, citizen = comes("agent18"), comes("citizen")
    agent.ready()
    citizen.reaches("8")
    agent.answers()
    call = hotline.call_of(citizen.number)
    hotline.kill("emulator")
    hotline.begin("emulator")
    hotline.until("SELECT status FROM call WHERE id = %s", call, wanted="ended", within=60)
    busy = "SELECT count(*) FROM seat WHERE activity NOT IN ('idle', 'wrap_up')"
    hotline.until(busy, wanted=0, within=30)
    expect(agent.page.locator("#device")).to_have_text("语音就绪", timeout=40_000)
    # The thirty seconds of his wrap-up may be over before his voice is back.
    with suppress(PlaywrightTimeout):
        agent.page.click("#wrapped", timeout=1_000)
    expect(agent.page.locator("#wrapped")).to_be_hidden()
    again = comes("citizen")
    agent.ready()
    again.reaches("8")
    agent.answers()
    again.is_on()
    again.hangs_up()
