"""Nothing that is typed beside --resume is ignored in silence."""

import pytest
from typer.testing import CliRunner

from whet.cli.main import app
from whet.errors import ConfigError


@pytest.mark.parametrize("command", ["improve", "tune"])
@pytest.mark.parametrize(("given", "named"), [(["data.csv"], "SOURCE"), (["--budget", "5m"], "--budget")])
def test_what_a_run_that_goes_on_would_ignore_is_refused_by_name(command, given, named, tmp_path):
    result = CliRunner().invoke(app, [command, *given, "--resume", str(tmp_path)])
    assert isinstance(result.exception, ConfigError)
    assert named in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_the_form_of_the_answer_may_be_asked_for(tmp_path):
    result = CliRunner().invoke(app, ["improve", "--resume", str(tmp_path), "--json"])
    assert "holds no run" in str(result.exception)
