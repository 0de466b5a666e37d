"""Settings and keys of an instance."""

import stat
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from stationapp import clock
from stationapp.config import ROOT, SERVED_AT, BadSettings, Settings, load_keys, load_settings
from stationapp.messages.gateways.choose import limits_of, open_gateways
from stationapp.messages.gateways.kinds import ways_on
from stationapp.messages.rules import Way
from stationapp.messages.sending_rules import Limits


def written(tmp_path: Path, text: str | bytes) -> dict[str, str]:
    (tmp_path / "config.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return {"STATIONAPP_INSTANCE": str(tmp_path)}


def test_the_example_lists_every_setting_with_its_default_in_order():
    example = tomllib.loads((ROOT / "instance" / "config.example.toml").read_text(encoding="utf-8"))
    defaults = {one.name: one.default for one in fields(Settings) if one.name != "instance"}
    assert list(example.items()) == list(defaults.items())


def test_the_example_copied_as_it_stands_is_the_default(tmp_path):
    example = (ROOT / "instance" / "config.example.toml").read_bytes()
    assert load_settings(written(tmp_path, example)) == Settings(instance=tmp_path.resolve())


def test_the_environment_goes_before_the_file(tmp_path):
    environ = written(tmp_path, 'district = "甲区"\nicp = "备1"\n') | {"STATIONAPP_DISTRICT": "乙区"}
    settings = load_settings(environ)
    assert (settings.district, settings.icp) == ("乙区", "备1")


def test_the_public_address_is_where_the_program_listens_until_one_is_set(tmp_path):
    listens = {SERVED_AT: "http://127.0.0.1:8123"}
    nothing_said = {"STATIONAPP_INSTANCE": str(tmp_path)} | listens
    assert load_settings(nothing_said).public_url == "http://127.0.0.1:8123"
    written_down = written(tmp_path, 'public_url = "https://a.example"') | listens
    assert load_settings(written_down).public_url == "https://a.example"


def test_a_slash_at_the_end_of_the_public_address_makes_no_second_one(tmp_path):
    settings = load_settings(written(tmp_path, 'public_url = "https://a.example/"'))
    assert settings.public_url == "https://a.example"
    assert (
        Settings(instance=tmp_path, public_url="https://a.example/hub/").public_url == "https://a.example/hub"
    )


def test_the_database_is_a_file_of_the_instance_unless_it_is_named(tmp_path):
    assert load_settings({"STATIONAPP_INSTANCE": str(tmp_path)}).url == f"sqlite:///{tmp_path}/station.db"
    named = load_settings(written(tmp_path, 'database_url = "postgres://u:p@h/n"'))
    assert named.url == "postgresql+psycopg://u:p@h/n"
    assert "u:p" not in str(named.secure)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('distrikt = "x"', "distrikt 不认识；可用的有：database_url"),
        ("district = 3", "district 要写成带引号的文字"),
        ("district = ", "config.toml 读不懂"),
        (b"district = '\xff'", "config.toml 读不懂"),
        ('public_url = "example.org"', "public_url 要以 http:// 或 https:// 开头"),
        ('database_url = "mysql://u:geheim@h/n"', "database_url 要空着"),
        ('database_url = "nonsense"', "database_url 要空着"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_sentence(tmp_path, text, says):
    with pytest.raises(BadSettings) as caught:
        load_settings(written(tmp_path, text))
    assert says in str(caught.value) and "geheim" not in str(caught.value)


def test_keys_are_made_once_for_their_owner_alone(tmp_path):
    instance = tmp_path / "deep" / "instance"
    keys = load_keys(instance)
    assert load_keys(instance) == keys
    assert {len(keys.seal), len(keys.index), len(keys.cookie)} == {32}
    assert len({keys.seal, keys.index, keys.cookie}) == 3
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700
    assert stat.S_IMODE((instance / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in instance.iterdir()] == ["keys.json"]


def test_a_folder_that_was_open_is_closed_when_keys_are_put_into_it(tmp_path):
    tmp_path.chmod(0o755)
    load_keys(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["", "{", "[]", '{"seal": "zz"}', '{"seal": 3}'])
def test_broken_keys_are_one_sentence_and_are_never_replaced(tmp_path, text):
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(BadSettings, match="从备份里取回"):
        load_keys(tmp_path)
    assert (tmp_path / "keys.json").read_text() == text


def test_processes_that_start_at_once_share_one_set_of_keys(tmp_path):
    code = "import sys, pathlib, stationapp.config as c; print(c.load_keys(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(tmp_path / "instance")]
    children = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {child.communicate(timeout=60)[0] for child in children}
    assert len(said) == 1 and "Keys(" in said.pop()


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('sms = "carrier pigeon"', "sms 要空着"),
        ('sms = "webhook"', "还要写 sms_url"),
        ('sms = "webhook"\nsms_url = "https://a.example"', "还要写 sms_secret"),
        ('sms = "webhook"\nsms_url = "a.example"\nsms_secret = "geheim"', "sms_url 要以"),
        ('sms = "aliyun"\nsms_key = "k"\nsms_secret = "geheim"', "还要写 sms_sign"),
        ('sms = "tencent"\nsms_key = "k"\nsms_secret = "geheim"\nsms_sign = "s"', "还要写 sms_app"),
        ('sms_per_day = "many"', "sms_per_day 要写成"),
        ('sms_per_minute = "0"', "sms_per_minute 要写成"),
        ('codes_per_minute = "１"', "codes_per_minute 要写成"),
        ('smtp = "mail.example.cn"', "smtp 要写成"),
        ('smtp = "smtp://u:geheim@mail.example.cn"', "mail_from"),
        ('smtp = "smtp://u:geheim@mail.example.cn"\nmail_from = "nobody"', "mail_from"),
    ],
)
def test_a_gateway_that_could_not_send_is_refused_without_quoting_a_secret(tmp_path, lines, says):
    with pytest.raises(BadSettings, match=says) as refused:
        load_settings(written(tmp_path, lines))
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("lines", "ways"),
    [
        ("", set()),
        ('sms = "file"', {Way.SMS}),
        ('sms = "console"\nsmtp = "smtp://localhost"\nmail_from = "a@b.cn"', {Way.SMS, Way.EMAIL}),
        ('sms = "webhook"\nsms_url = "http://a.example"\nsms_secret = "s"', {Way.SMS}),
        ('sms = "aliyun"\nsms_key = "k"\nsms_secret = "s"\nsms_sign = "t"', {Way.SMS}),
        ('sms = "tencent"\nsms_key = "k"\nsms_secret = "s"\nsms_sign = "t"\nsms_app = "1"', {Way.SMS}),
    ],
)
def test_what_is_written_down_is_what_is_switched_on(tmp_path, lines, ways):
    settings = load_settings(written(tmp_path, lines))
    gateways = open_gateways(settings, clock.now)
    assert ways_on(settings) == set(gateways) == ways
    for gateway in gateways.values():
        gateway.close()
    assert limits_of(settings) == Limits()


SMS = {"sms": "webhook", "sms_url": "https://sms.example", "sms_secret": "x"}


@pytest.mark.parametrize(
    ("more", "lacks"),
    [
        (SMS, True),
        ({"smtp": "smtp://mail.example:25", "mail_from": "a@b.example"}, True),
        (SMS | {"public_url": "http://localhost:8000"}, True),
        (SMS | {"public_url": "http://[::1]:8000"}, True),
        (SMS | {"public_url": "http://0.0.0.0:8000"}, True),
        (SMS | {"public_url": "https://a.example"}, False),
        (SMS | {"public_url": "http://192.168.3.8:8000"}, False),
        ({"sms": "file"}, False),
        ({"sms": "console"}, False),
        ({}, False),
    ],
)
def test_no_link_that_opens_on_this_machine_alone_leaves_it(tmp_path, more, lacks):
    settings = Settings(instance=tmp_path, **more)
    assert (settings.lacks_address, settings.link_base) == (lacks, "" if lacks else settings.public_url)


@pytest.mark.parametrize("name", ["../公文.docx", "/etc/公文.docx", "公文.doc", ".docx/", "a\\\\b.docx"])
def test_the_form_of_the_report_is_a_file_of_the_instance(tmp_path, name):
    assert (
        load_settings(written(tmp_path, 'report_template = "公文.docx"')).report_form
        == tmp_path / "公文.docx"
    )
    assert load_settings(written(tmp_path, "")).report_form is None
    with pytest.raises(BadSettings, match="report_template"):
        load_settings(written(tmp_path, f'report_template = "{name}"'))
