"""Variables that project code reads are recorded, by digests of what they were."""

import os
import sys
import textwrap
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_fingerprint.environment import Variables, variable_digest
from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import Observed


class TestEnvironment:
    def run(self, project, body: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Observed:
        monkeypatch.setenv("SOME_SETTING", "secret")
        project.write(
            "settings!.py", f"import os\nfrom os import environ, getenv\ndef run():\n{textwrap.indent(body, '    ')}"
        )
        return project.observe(project.load("settings").run, **options)

    @pytest.mark.parametrize(
        "body",
        [
            "os.environ['SOME_SETTING']",
            "environ['SOME_SETTING']",
            "os.environ.get('SOME_SETTING', 'x')",
            "getenv('SOME_SETTING')",
            "os.getenvb(b'SOME_SETTING')",
            "os.environb[b'SOME_SETTING']",
            "'SOME_SETTING' in environ",
            "'SOME_SETTING' in environ.keys()",
            "environ.setdefault('SOME_SETTING', 'y')",
            "environ.pop('SOME_SETTING')",
            "os.path.expandvars('$SOME_SETTING/data')",
            "import string; string.Template('$SOME_SETTING').substitute(environ)",
            "for _ in range(2): environ.get('SOME_SETTING')",
        ],
    )
    def test_ways_to_read(self, project, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        observed = self.run(project, body, monkeypatch)
        assert observed.env == (("SOME_SETTING", variable_digest("SOME_SETTING", {"SOME_SETTING": "secret"})),)
        assert "secret" not in repr(observed)

    @pytest.mark.parametrize("body", ["os.path.expanduser('~/x')", "Path('~/x').expanduser()", "Path.home()"])
    def test_the_home_directory(self, project, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        observed = self.run(project, f"from pathlib import Path; {body}", monkeypatch)
        assert [name for name, _ in observed.env] == ["HOME"]

    @pytest.mark.parametrize(
        "body", ["dict(environ)", "{**environ}", "environ.copy()", "list(environ)", "environ | {}",
                 "[*environ.items()]", "[*environ.values()]",
                 "{k: v for k, v in environ.items() if k.startswith('APP_')}"],
    )  # fmt: skip
    def test_the_whole_environment(self, project, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        assert [name for name, _ in self.run(project, body, monkeypatch).env] == ["*"]

    @pytest.mark.parametrize(
        "body",
        [
            "environ['OWN'] = '1'; environ['OWN']",
            "os.path.expanduser('x')",
            "import tempfile; tempfile.gettempdir()",
            "import shutil; shutil.which('ls')",
            "len(environ), repr(environ)",
        ],
    )
    def test_no_reads(self, project, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OWN", raising=False)
        assert self.run(project, body, monkeypatch).env == ()

    def test_unset(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NOT_SET_AT_ALL", raising=False)
        observed = self.run(project, "environ.get('NOT_SET_AT_ALL')", monkeypatch)
        assert observed.env == (("NOT_SET_AT_ALL", None),)

    def test_value_that_the_process_set_later_is_not_the_input(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        observed = self.run(
            project, "a = environ['SOME_SETTING']; environ['SOME_SETTING'] = 'b'; list(environ)", monkeypatch
        )
        assert dict(observed.env)["SOME_SETTING"] == variable_digest("SOME_SETTING", {"SOME_SETTING": "secret"})

    def test_third_party_reads_do_not_count(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.write("site-packages/lib!.py", "import os\ndef home(): return os.environ.get('SOME_SETTING')\n")
        monkeypatch.syspath_prepend(str(project.root / "site-packages"))
        assert self.run(project, f"import {project.name('lib')} as lib; lib.home()", monkeypatch).env == ()

    def test_errors_stay_as_they_are(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NOT_SET_AT_ALL", raising=False)
        with observe([str(project.root)]):
            with pytest.raises(KeyError, match="NOT_SET_AT_ALL"):
                os.environ["NOT_SET_AT_ALL"]
            with pytest.raises(TypeError, match="str expected"):
                os.environ[1]  # the wrong type is the point

    def test_class_is_given_back(self, project) -> None:
        before = type(os.environ)
        with observe([]), observe([]):
            assert type(os.environ) is not before
            assert isinstance(os.environ, before)
        assert type(os.environ) is before

    def test_key_changes_the_digest(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        one = self.run(project, "environ['SOME_SETTING']", monkeypatch, key=b"one")
        two = self.run(project, "environ['SOME_SETTING']", monkeypatch, key=b"two" * 20)
        assert one.env != two.env
        assert one.env[0][1] == variable_digest("SOME_SETTING", {"SOME_SETTING": "secret"}, key=b"one")

    def test_beginning_of_names(self) -> None:
        environ = {"APP_RATE": "1", "app_depth": "2", "OTHER": "3"}
        assert variable_digest("app_*", environ) == variable_digest("app_*", environ | {"OTHER": "4"})
        for change in ({"APP_RATE": "2"}, {"app_depth": "3"}, {"App_New": "1"}):
            assert variable_digest("app_*", environ) != variable_digest("app_*", environ | change)

    def test_settings_of_pydantic(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("pydantic_settings")
        body = """
            import pydantic
            from pydantic_settings import BaseSettings
            class Settings(BaseSettings, env_prefix="APP_"):
                rate: int = 1
                speed: int = pydantic.Field(1, validation_alias="SPEED")
            class All(pydantic.BaseModel):
                settings: Settings = pydantic.Field(default_factory=Settings)
            All()
        """
        observed = self.run(project, textwrap.dedent(body), monkeypatch)
        assert [name for name, _ in observed.env] == ["app_rate*", "speed*"]

    @pytest.mark.parametrize(
        "body",
        [
            "import click; click.Command('', params=[click.Option(['-x'], envvar='SOME_SETTING')]).main([])",
            "import click; click.Command('', params=[click.Option(['--setting'])]).main([], auto_envvar_prefix='SOME')",
            "import jinja2; jinja2.Template('{{ env[\"SOME_SETTING\"] }}').render(env=environ)",
        ],
        ids=["click", "click-prefix", "jinja2"],
    )
    def test_libraries_that_are_told_a_name(self, project, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip(body.split()[1].rstrip(";"))
        ended = f"try:\n{textwrap.indent(body, '    ')}\nexcept SystemExit: pass"
        assert "SOME_SETTING" in dict(self.run(project, ended, monkeypatch).env)

    def test_a_configuration_that_names_variables(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.write("site-packages/omegaconf.py", "import os\ndef env(name): return os.environ.get(name)\n")
        monkeypatch.syspath_prepend(str(project.root / "site-packages"))
        monkeypatch.delitem(sys.modules, "omegaconf", raising=False)
        observed = self.run(project, "import omegaconf; omegaconf.env('SOME_SETTING')", monkeypatch)
        monkeypatch.delitem(sys.modules, "omegaconf")
        assert [name for name, _ in observed.env] == ["SOME_SETTING"]

    def test_whole_environment_without_the_session(self) -> None:
        plain = {"A": "1", "B": "2"}
        assert variable_digest("*", plain) == variable_digest("*", {"B": "2", "A": "1", "SSH_TTY": "x", "SHLVL": "3"})
        assert variable_digest("*", plain) != variable_digest("*", {"A": "1", "B": "3"})
        assert variable_digest("*", {"A": "1B", "C": "2"}) != variable_digest("*", {"A": "1", "BC": "2"})


plain = st.text("ABab01=", max_size=3)
settings = st.dictionaries(st.text("AB=", min_size=1, max_size=3), plain, max_size=3)


class TestLaws:
    @given(settings, settings)
    def test_whole_environments_have_equal_digests_exactly_if_they_are_equal(
        self, one: dict[str, str], two: dict[str, str]
    ) -> None:
        assert (variable_digest("*", one) == variable_digest("*", two)) == (one == two)

    @given(
        settings, st.sampled_from(["TERM", "PWD", "PYTHONHASHSEED", "SSH_TTY", "XDG_SESSION_ID", "VSCODE_PID"]), plain
    )
    def test_the_session_does_not_count_but_by_its_name(self, environ: dict[str, str], name: str, value: str) -> None:
        assert variable_digest("*", {**environ, name: value}) == variable_digest("*", environ)
        assert variable_digest(name, {**environ, name: value}) != variable_digest(name, environ)

    @given(st.tuples(plain, plain), st.tuples(plain, plain))
    def test_digests_tell_names_and_values_apart(self, one: tuple[str, str], two: tuple[str, str]) -> None:
        digests = [variable_digest(name, {name: value}) for name, value in (one, two)]
        assert (digests[0] == digests[1]) == (one == two)


class TestVariables:
    def test_each_read_is_noted_with_the_frame_that_asked(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOME_SETTING", "1")
        file = project.write("asks!.py", "import os\ndef ask():\n    return os.getenv('SOME_SETTING', 'x')\n")
        module = project.load("asks")
        notes: list[tuple[str, str | None, FrameType]] = []
        variables = Variables(str(file).__eq__, b"key", lambda *note: notes.append(note))
        variables.start()
        try:
            assert module.ask() == module.ask() == "1"
        finally:
            variables.stop()
        module.ask()
        digest = variable_digest("SOME_SETTING", {"SOME_SETTING": "1"}, key=b"key")
        assert [note[:2] for note in notes] == [("SOME_SETTING", digest)] * 2
        assert [note[2].f_code.co_name for note in notes] == ["ask", "ask"]
        assert variables.digests == {"SOME_SETTING": digest}

    def test_object_of_somebody_else_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        theirs = dict(os.environ)
        monkeypatch.setattr(os, "environ", theirs)
        variables = Variables(lambda _: True, b"", lambda *_: None)
        variables.start()
        variables.stop()
        assert os.environ is theirs
        assert variables.missing == "environment variables: os.environ was replaced by another object"


def test_code_whose_module_has_no_name_asks_for_its_caller(project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "3")
    project.write("asks!.py", "import os\ndef ask():\n    exec('os.getenv(\"LEVEL\")', {'os': os, '__name__': None})\n")
    observed = project.observe(project.load("asks").ask)
    assert [name for name, _ in observed.env] == ["LEVEL"]
