import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.own_server import free_port
from deployments.cli import app
from deployments.listening import refuse_open_address, refuse_taken_port

runner = CliRunner()


@pytest.mark.parametrize(
    "command",
    [[], ["serve"], ["suggest"], ["generate"], ["catalog"], ["catalog", "stats"], ["catalog", "verify"],
     ["catalog", "import"], ["train"], ["train", "sticker"], ["export-log"], ["retire"], ["snapshot-index"], ["database"],
     ["finetune", "ranker"], ["promote"], ["rollback"], ["versions"], ["learn"], ["drift"], ["keys"],
     ["keys", "add"], ["keys", "list"], ["keys", "revoke"]],
    ids=" ".join,
)  # fmt: skip
def test_every_command_explains_itself(command: list[str]) -> None:
    answer = runner.invoke(app, [*command, "--help"])
    assert answer.exit_code == 0
    assert "Usage" in answer.output


def test_stats_count_the_catalogue_by_type_licence_and_locale() -> None:
    answer = runner.invoke(app, ["catalog", "stats"])
    assert answer.exit_code == 0
    for word in ("sticker", "video", "image", "audio", "MIT", "CC0-1.0", "pt"):
        assert word in answer.output


def test_verify_says_that_every_file_is_whole() -> None:
    answer = runner.invoke(app, ["catalog", "verify"])
    assert answer.exit_code == 0, answer.output


def test_generate_writes_the_files_it_names(tmp_path: Path) -> None:
    answer = runner.invoke(app, ["generate", "red heart", "--count", "2", "--out", str(tmp_path)])
    assert answer.exit_code == 0, answer.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["red-heart-0.webp", "red-heart-1.webp"]


def test_the_log_is_exported_from_the_configured_store(tmp_path: Path) -> None:
    here = {"GRAMOJI_VAR": str(tmp_path)}
    assert runner.invoke(app, ["database", "upgrade"], env=here).exit_code == 0
    answer = runner.invoke(app, ["export-log"], env=here)
    assert answer.exit_code == 0, answer.output
    assert answer.output == "0 hours with 0 slates written, 0 of erased people removed\n"
    assert (tmp_path / "log" / "_watermark.json").exists()


def test_without_limits_nothing_is_retired(tmp_path: Path) -> None:
    here = {"GRAMOJI_VAR": str(tmp_path)}
    assert runner.invoke(app, ["database", "upgrade"], env=here).exit_code == 0
    answer = runner.invoke(app, ["retire"], env=here)
    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("removed 0 slates, 0 events, 0 generated items, 0 hours")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_addresses_need_no_keys(host: str) -> None:
    refuse_open_address(host, keys_are_wanted=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org"])
def test_any_other_address_is_refused_without_keys(host: str) -> None:
    with pytest.raises(ValueError, match=r"only a loopback address.*gramoji keys add"):
        refuse_open_address(host, keys_are_wanted=False)
    refuse_open_address(host, keys_are_wanted=True)


def test_a_mistake_is_one_clear_line_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deployments.cli", "serve", "--host", "0.0.0.0"]
    here = {**os.environ, "GRAMOJI_VAR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=here)
    assert done.returncode == 2
    assert done.stderr.startswith("gramoji: host 0.0.0.0")
    assert "Traceback" not in done.stderr


def test_a_port_that_another_program_has_is_refused_at_once(tmp_path: Path) -> None:
    taken = str(free_port())
    with socket.create_server(("127.0.0.1", int(taken))):
        command = [sys.executable, "-m", "deployments.cli", "serve", "--port", taken]
        here = {**os.environ, "GRAMOJI_VAR": str(tmp_path)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=here)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"gramoji: can't listen on 127.0.0.1, port {taken}: Address already in use"
    )
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "media").exists()
    refuse_taken_port("127.0.0.1", int(taken))


def test_a_token_is_shown_once_and_its_key_can_be_revoked(tmp_path: Path) -> None:
    here = {"GRAMOJI_VAR": str(tmp_path)}
    made = runner.invoke(app, ["keys", "add", "acme", "--label", "the app", "--per-minute", "60"], env=here)
    assert made.exit_code == 0, made.output
    token = made.stdout.strip()
    assert re.fullmatch(r"gmj_[A-Za-z0-9_-]{43}", token)
    listed = runner.invoke(app, ["keys", "list"], env=here).output
    assert "acme  60/min ∞/day" in listed
    assert "the app" in listed
    assert token not in listed
    key_id = listed.split()[0]
    assert runner.invoke(app, ["keys", "revoke", key_id], env=here).exit_code == 0
    assert "revoked" in runner.invoke(app, ["keys", "list"], env=here).output
    again = runner.invoke(app, ["keys", "revoke", key_id], env=here)
    assert isinstance(again.exception, ValueError)
    assert token.encode() not in (tmp_path / "gramoji.db").read_bytes()
