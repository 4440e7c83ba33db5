"""What covet-codegen takes from ``[tool.covet-codegen]``, what it refuses there, and its help."""

import os
import re
import shutil
import subprocess

import pytest
from codegen import HELLO, REPOSITORY, binary, codegen, environment, snapshot, write

FINDINGS, COULD_NOT_RUN = 1, 2

unix_only = pytest.mark.skipif(os.name == "nt", reason="needs programs of Unix")


def configure(folder, text, header="[tool.covet-codegen]"):
    """A project with this configuration, in a repository of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".git").mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(f"{header}\n{text}\n", encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path):
    """The hello app, named by the configuration, and a directory two levels below."""
    configure(tmp_path / "shop", 'app = "app.py"\nname = "shop_covet"')
    write(tmp_path / "shop", app=HELLO)
    (tmp_path / "shop" / "src" / "deep").mkdir(parents=True)
    return tmp_path / "shop"


def exported(*arguments, cwd, **changes):
    """The name and the entry of the table that is exported."""
    result = codegen("export", *arguments, cwd=cwd, **changes)
    assert result.code == 0, result.stderr
    return tuple(
        re.search(rf'^{key} = "(.*)"$', result.stdout, re.M)[1] for key in ("name", "entry")
    )


# --- where it is found -------------------------------------------------------------------------


def test_the_app_of_the_configuration(project):
    for place in (project, project / "src", project / "src" / "deep"):
        assert exported(cwd=place) == ("shop_covet", "app:app")


def test_a_module_is_looked_up_where_the_configuration_is(project):
    write(project / "pkg", __init__="", main=HELLO)
    configure(project, 'app = "pkg.main:app"\nname = "shop_covet"')
    for place in (project, project / "src" / "deep"):
        assert exported(cwd=place) == ("shop_covet", "pkg.main:app")
    # One that the command line names is looked up in the current directory, as ever.
    result = codegen("export", "pkg.main:app", cwd=project / "src")
    assert result.codes == ["CVT001"]
    assert exported("pkg.main:app", "--app-dir", "..", cwd=project / "src")[1] == "pkg.main:app"


def test_the_nearest_table_counts(project):
    inner = project / "src"
    (inner / "pyproject.toml").write_text("[project]\nname = 'inner'\n", encoding="utf-8")
    assert exported(cwd=inner / "deep")[0] == "shop_covet"
    (inner / "pyproject.toml").write_text(
        "[tool.covet-codegen]\napp = '../app.py'\nname = 'inner_covet'\n", encoding="utf-8"
    )
    assert exported(cwd=inner / "deep")[0] == "inner_covet"


def test_the_search_ends_at_the_root_of_the_repository(project):
    (project / "src" / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    result = codegen("export", cwd=project / "src" / "deep")
    assert (result.codes, result.code) == (["CVT001"], COULD_NOT_RUN)


def test_no_app_at_all(project):
    (project / "pyproject.toml").unlink()
    for command in ("build", "export", "verify", "init-ci"):
        result = codegen(command, cwd=project)
        assert (result.codes, result.code, result.stdout) == (["CVT001"], COULD_NOT_RUN, "")
        assert f"covet-codegen {command} app.py" in result.stderr
        assert 'app = "app.py"' in result.stderr
    configure(project, "seed = 1")
    result = codegen("export", cwd=project / "src")
    assert os.path.join("..", "pyproject.toml") in result.stderr


# --- what it says ------------------------------------------------------------------------------


def test_the_command_line_wins(project):
    write(project, other=HELLO)
    assert exported("other.py", "--name", "x_covet", cwd=project) == ("x_covet", "other:app")
    # Each on its own: the name is still that of the file.
    assert exported("other.py", cwd=project) == ("shop_covet", "other:app")


def test_numbers_for_verify(project):
    configure(project, 'app = "app.py"\nseed = 7\nrequests = 0x40')
    result = codegen("verify", cwd=project)
    assert "no difference in 64 requests (tiers " in result.stdout
    assert "seed 7)" in result.stdout
    result = codegen("verify", "--seed", "8", cwd=project)
    assert "no difference in 64 requests" in result.stdout
    assert "seed 8)" in result.stdout


def test_paths_are_relative_to_the_file(project):
    (project / "file").write_text("no directory", encoding="utf-8")
    (project / "thesis").mkdir()
    (project / "thesis" / "chapter.tex").write_text("years of work", encoding="utf-8")
    app = 'app = "app.py"\n'
    below = project / "src" / "deep"
    configure(project, app + 'crate-dir = "thesis"')
    result = codegen("build", cwd=below)
    assert result.codes == ["CVT050"]
    assert "../../thesis" in result.stderr
    configure(project, app + 'out = "file/wheels"\ncrate-dir = "build"')
    result = codegen("build", cwd=below)
    assert result.codes == ["CVT051"]
    assert "../../file/wheels" in result.stderr
    assert (project / "build" / "Cargo.toml").is_file()
    # It is where wheels go. What is exported goes where it went.
    assert codegen("export", cwd=below).code == 0
    configure(project, app + 'python = ".venv/bin/python"')
    result = codegen("export", cwd=below, python=None)
    assert result.codes == ["CVT040"]
    assert "there is no interpreter ../../.venv/bin/python" in result.stderr
    configure(project, app + 'python = "no-such-python"')
    result = codegen("export", cwd=below, python=None)
    assert "there is no interpreter no-such-python" in result.stderr


def test_switches(project):
    write(project, app=HELLO.replace("/users/", "/users+/"))
    (project / "thesis").mkdir()
    (project / "thesis" / "chapter.tex").write_text("years of work", encoding="utf-8")
    app = 'app = "app.py"\ncrate-dir = "thesis"\n'
    configure(project, app + "deny-fallback = true")
    # The refusal of the directory comes after that of routes that are left to `re`.
    for arguments, code in [
        ([], "CVT020"),
        (["--deny-fallback"], "CVT020"),
        (["--deny-fallback=true"], "CVT020"),
        (["--deny-fallback=false"], "CVT050"),
    ]:
        assert codegen("build", *arguments, cwd=project).codes == [code], arguments
    configure(project, app + "deny-fallback = false")
    assert codegen("build", cwd=project).codes == ["CVT050"]
    assert codegen("build", "--deny-fallback", cwd=project).codes == ["CVT020"]


def test_a_format_is_for_the_commands_that_have_it(project):
    configure(project, 'app = "app.py"\nformat = "json"')
    assert codegen("doctor", cwd=project).stdout.startswith("{")
    assert not codegen("doctor", "--format", "text", cwd=project).stdout.startswith("{")
    configure(project, 'app = "app.py"\nformat = "sarif"')
    assert "python" in codegen("doctor", cwd=project).stdout
    assert codegen("export", cwd=project).code == 0


# --- what is wrong with it ---------------------------------------------------------------------


def test_all_that_is_wrong_at_once(project):
    configure(project, 'app = "app.py"\ncrate_dir = "x"\nseed = "7"\nallow = ["CVT1"]\n')
    before = snapshot(project)
    for command in ("build", "export", "verify", "init-ci"):
        result = codegen(command, "app.py", cwd=project)
        assert (result.codes, result.code) == (["CVT034"] * 3, COULD_NOT_RUN)
        assert result.stdout == ""
        assert "did you mean `crate-dir`?" in result.stderr
        for place in ("pyproject.toml:3:1", "pyproject.toml:4:8", "pyproject.toml:5:10"):
            assert place in result.stderr
    assert snapshot(project) == before


def test_what_is_not_toml(project):
    configure(project, 'app = "app.py"\n[broken')
    result = codegen("export", cwd=project)
    assert (result.codes, result.code) == (["CVT034"], COULD_NOT_RUN)
    assert "pyproject.toml:3:" in result.stderr
    # Commands that take nothing from it do not read it, nor does help.
    for arguments in (["completions", "bash"], ["man"], ["build", "--help"], ["--version"]):
        assert codegen(*arguments, cwd=project, python=None).code == 0
    # One that does not mention us is somebody else's matter.
    configure(project, "[broken", header="[tool.ruff]")
    assert codegen("export", "app.py", cwd=project).code == 0


def test_a_file_that_is_not_text(project):
    (project / "pyproject.toml").write_bytes(b"\xff\xfe\x00")
    assert codegen("export", "app.py", cwd=project).code == 0


def test_the_documentation_has_every_key(project):
    configure(project, "colour = 1")
    text = codegen("export", cwd=project).stderr
    keys = re.search(r"the keys are ([\w, \n-]+)", text)[1].replace("\n", " ").split(",")
    page = (REPOSITORY / "docs" / "configuration.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([a-z-]+)` \|", page, re.M)
    assert documented == [key.strip() for key in keys]
    # And each is an option of some command, but for the app itself.
    helps = "".join(
        codegen(command, "--help", cwd=project, python=None).stdout for command in commands(project)
    )
    known = {"routes", "allow"} if "  check " not in top_help(project) else set()
    for key in documented[1:]:
        assert f"--{key}" in helps or key in known, key


# --- help --------------------------------------------------------------------------------------


def top_help(folder, *arguments, **changes):
    return codegen(*(arguments or ["--help"]), cwd=folder, python=None, **changes).stdout


def commands(folder):
    """The names of all commands."""
    text = top_help(folder)
    groups = text[text.index("Build:") : text.index("Options:")]
    return re.findall(r"^  ([a-z-]+) ", groups, re.M)


def test_help_is_grouped_and_has_examples(tmp_path):
    text = top_help(tmp_path)
    titles = [title for title in re.findall(r"^(\w[\w-]*):$", text, re.M) if title != "Usage"]
    assert titles[0] == "Build"
    assert titles[-3:] == ["Set-up", "Options", "Examples"]
    assert "Other" not in titles
    assert "/docs" in text
    for command in commands(tmp_path):
        assert f"Example{'' if command == 'generate' else 's'}:" in top_help(
            tmp_path, command, "--help"
        )


def test_without_a_command_there_is_help(tmp_path):
    done = subprocess.run(
        [binary()], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    # It is misuse all the same: a script that lost its arguments must not go on.
    assert (done.returncode, done.stdout) == (COULD_NOT_RUN, "")
    assert "Build:" in done.stderr
    assert "Options:" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["doctor"], ["export", "no.py"]])
def test_colours(arguments, tmp_path):
    def coloured(**changes):
        done = subprocess.run(
            [binary(), *arguments], cwd=tmp_path, env=environment(TERM="xterm", **changes),
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.stdout + done.stderr
        return "\x1b[" in done.stdout + done.stderr

    assert not coloured(NO_COLOR=None, CLICOLOR_FORCE=None)  # no terminal
    assert coloured(NO_COLOR=None, CLICOLOR_FORCE="1")
    assert not coloured(NO_COLOR="1", CLICOLOR_FORCE=None)
    assert not coloured(NO_COLOR="1", CLICOLOR_FORCE="1")


# --- completions and manual pages --------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "elvish"])
def test_completions(shell, tmp_path):
    script = top_help(tmp_path, "completions", shell)
    for command in commands(tmp_path):
        assert command in script
    assert "deny-fallback" in script
    program = shutil.which(shell)
    if shell in ("bash", "zsh", "fish") and program is not None and os.name != "nt":
        file = tmp_path / f"completions.{shell}"
        file.write_text(script, encoding="utf-8")
        subprocess.run([program, "-n", file], check=True)


@unix_only
def test_bash_completes(tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    (tmp_path / "script").write_text(top_help(tmp_path, "completions", "bash"), encoding="utf-8")
    ask = """
        . ./script
        function=$(complete -p covet-codegen)
        function=${function#*-F }
        function=${function%% *}
        COMP_WORDS=(covet-codegen bu); COMP_CWORD=1
        "$function" covet-codegen bu covet-codegen
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        [bash, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["build"]


def test_manual_pages(tmp_path):
    result = codegen("man", "-o", tmp_path / "man1", cwd=tmp_path, python=None)
    assert result.code == 0, result.stderr
    names = ["covet-codegen", *(f"covet-codegen-{command}" for command in commands(tmp_path))]
    pages = {path.stem: path for path in (tmp_path / "man1").iterdir()}
    assert sorted(pages) == sorted(names)
    for name, path in pages.items():
        text = path.read_text(encoding="utf-8")
        assert f".TH {name} 1" in text
        sections = re.findall(r'^\.SH "?([A-Z]+)', text, re.M)
        assert sections[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"]
        assert "EXAMPLES" in sections
    assert top_help(tmp_path, "man") == pages["covet-codegen"].read_text(encoding="utf-8")
    before = snapshot(tmp_path)
    assert codegen("man", "-o", tmp_path / "man1", cwd=tmp_path, python=None).code == 0
    assert snapshot(tmp_path) == before


@unix_only
def test_manual_pages_can_be_read(tmp_path):
    man = shutil.which("man")
    if man is None:
        pytest.skip("man is not installed")
    codegen("man", "-o", tmp_path, cwd=tmp_path, python=None)
    done = subprocess.run(
        [man, "--warnings", "-l", tmp_path / "covet-codegen-build.1"],
        env=environment(MANWIDTH="100", LC_ALL="C.UTF-8"),
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if "invalid option" in done.stderr or "unrecognized option" in done.stderr:
        pytest.skip("this man takes no files")
    assert (done.returncode, done.stderr) == (0, "")
    assert "covet-codegen build app.py  " in done.stdout
