"""`covet-codegen breaking` on apps, with tables that were kept in a file and in git."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from codegen import codegen, write

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

BEFORE = """
    from typing import Optional, TypedDict

    from covet import Covet

    class User(TypedDict):
        id: int
        name: str

    app = Covet()

    @app.get("/")
    async def index(request) -> str:
        return "hello"

    @app.route("/users/{id}", methods=["GET", "DELETE"])
    async def user(request, id) -> User:
        return {"id": id, "name": "x"}
"""

# Each changes the text of the app above, and breaks these rules.
CHANGES = {
    "a route removed": ('@app.get("/")', '@app.get("/home")', ["CVT100"]),
    "a method removed": ('["GET", "DELETE"]', '["GET"]', ["CVT101"]),
    "a route shadowed": (
        "app = Covet()",
        'app = Covet()\n\n    @app.get("/users/{x}")\n    async def other(request, x):\n'
        "        return x",
        ["CVT102"],
    ),
    "a field removed": ("        name: str\n", "", ["CVT111"]),
    "a field that may be null": ("name: str", "name: Optional[str]", ["CVT114"]),
    "a field of another type": ("id: int", "id: str", ["CVT113"]),
    "a parameter renamed": ("{id}", "{user_id}", ["CVT117"]),
    "a limit": ("Covet()", "Covet(max_body_size=10)", ["CVT106"]),
}

# These change nothing that anybody could notice.
HARMLESS = {
    "a comment": ("app = Covet()", "# An app.\n    app = Covet()"),
    "a body": ('"hello"', '"good day"'),
    "a handler renamed": ("def user(", "def get_user("),
    "a class renamed": ("User", "Person"),
    "a field added": ("name: str\n", "name: str\n        age: int\n"),
    "a route added": ('@app.get("/")', '@app.get("/home")\n    @app.get("/")'),
    "another notation": ("{id}", "<id>"),
    "a higher limit": ("Covet()", "Covet(max_body_size=100_000_000)"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The table of the app before, as a file."""
    folder = write(tmp_path_factory.mktemp("before"), shop=BEFORE)
    result = codegen("export", "shop.py", "-o", "routes.toml", cwd=folder)
    assert result.code == 0, result.stderr
    return folder / "routes.toml"


def breaking(folder, *arguments):
    return codegen("breaking", "shop.py", *arguments, cwd=folder)


@pytest.mark.parametrize("change", CHANGES)
def test_changes_that_break(change, kept, tmp_path):
    old, new, codes = CHANGES[change]
    assert old in BEFORE
    write(tmp_path, shop=BEFORE.replace(old, new))
    result = breaking(tmp_path, "--against", kept, "--format", "json")
    found = json.loads(result.stdout)["findings"]
    assert ([one["code"] for one in found], result.code) == (codes, 1), result.stdout
    result = breaking(tmp_path, "--against", kept)
    assert (result.code, result.stdout) == (1, "")
    for one in found:
        assert f"{one['severity']}[{one['code']}]: {one['message']}" in result.stderr
        assert one["message"].endswith(f"({one['category']})")


@pytest.mark.parametrize("change", HARMLESS)
def test_changes_that_break_nothing(change, kept, tmp_path):
    old, new = HARMLESS[change]
    assert old in BEFORE
    write(tmp_path, shop=BEFORE.replace(old, new))
    result = breaking(tmp_path, "--against", kept)
    assert (result.code, result.stderr) == (0, ""), result.stderr
    assert result.stdout.startswith(f"nothing of {kept} is broken: 3 endpoints then, ")


def test_a_move_to_another_file_breaks_nothing(kept, tmp_path):
    write(tmp_path, shop="from elsewhere import app\n", elsewhere=BEFORE)
    result = breaking(tmp_path, "--against", kept)
    assert (result.code, result.stderr) == (0, "")


@pytest.mark.parametrize("example", ["hello", "blog", "quirks"])
def test_examples_against_themselves(example, tmp_path):
    folder = EXAMPLES / example
    table = tmp_path / "routes.toml"
    assert codegen("export", "app.py", "-o", table, cwd=folder).code == 0
    result = codegen("breaking", "app.py", "--against", table, cwd=folder)
    assert (result.code, result.stderr) == (0, "")


def test_witnesses_places_and_categories(kept, tmp_path):
    old, new, _ = CHANGES["a route shadowed"]
    after = BEFORE.replace("{id}", "{user_id}").replace("        name: str\n", "")
    write(tmp_path, shop=after.replace(old, new))
    report = json.loads(breaking(tmp_path, "--against", kept, "--format", "json").stdout)
    first = report["findings"][0]
    assert (first["rule"], first["category"]) == ("other-handler", "WIRE")
    assert first["witness"] == "GET /users/x0"
    assert first["location"]["file"] == "shop.py"
    asked = codegen("explain", *first["witness"].split(), "shop.py", cwd=tmp_path)
    assert "is answered by shop:other" in asked.stdout

    for category in ("wire", "json", "source"):
        result = breaking(tmp_path, "--against", kept, "--category", category, "--format", "json")
        found = json.loads(result.stdout)["findings"]
        assert {one["category"] for one in found} == {category.upper()}
    result = breaking(tmp_path, "--against", kept, "--category", "wire,json")
    assert "(SOURCE)" not in result.stderr
    assert "(WIRE)" in result.stderr


def test_annotations(kept, tmp_path):
    write(tmp_path, shop=BEFORE.replace("{id}", "{user_id}"))
    result = breaking(tmp_path, "--against", kept, "--format", "github")
    assert (result.code, result.stderr) == (1, "")
    assert result.stdout.startswith("::error file=")
    assert ",title=CVT117::" in result.stdout
    log = json.loads(breaking(tmp_path, "--against", kept, "--format", "sarif").stdout)
    assert [one["ruleId"] for one in log["runs"][0]["results"]] == ["CVT117"]


def test_what_is_allowed_and_is_not_there(kept, tmp_path):
    write(tmp_path, shop=BEFORE)
    result = breaking(tmp_path, "--against", kept, "--allow", "CVT117")
    assert result.code == 1
    assert "warning[CVT075]: `--allow CVT117` allows nothing" in result.stderr
    # It is no rule of this category, and no code of this command.
    other = ("--category", "wire", "--allow", "CVT117", "--allow", "CVT082")
    assert breaking(tmp_path, "--against", kept, *other).code == 0


def test_what_is_allowed(kept, tmp_path):
    write(tmp_path, shop=BEFORE.replace("{id}", "{user_id}").replace("        name: str\n", ""))
    result = breaking(tmp_path, "--against", kept, "--allow", "CVT117")
    assert (result.code, result.codes) == (1, ["CVT111"])
    arguments = ["--allow", "parameter-renamed", "--allow", "CVT111"]
    result = breaking(tmp_path, "--against", kept, *arguments)
    assert (result.code, result.stderr) == (0, "")
    assert "is broken (2 allowed)" in result.stdout
    result = breaking(tmp_path, "--against", kept, "--allow", "CVT999")
    assert result.code == 2
    assert "there is no such code" in result.stderr


def test_two_runs_say_the_same(kept, tmp_path):
    write(tmp_path, shop=BEFORE.replace("{id}", "{a}/{b}").replace("int", "str"))
    runs = {
        codegen("breaking", "shop.py", "--against", kept, cwd=tmp_path, PYTHONHASHSEED=seed).stderr
        for seed in "12"
    }
    assert len(runs) == 1


# --- git ---------------------------------------------------------------------------------------


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(kept, tmp_path_factory):
    """A repository whose first revision has the table before, in two places."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "api").mkdir()
    for place in (folder, folder / "api"):
        shutil.copy(kept, place / "routes.toml")
    shutil.copy(kept, folder / "api" / "table.toml")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "before")
    git(folder, "tag", "v1")
    changed = BEFORE.replace("{id}", "{user_id}")
    write(folder, shop=changed)
    write(folder / "api", shop=changed)
    git(folder, "rm", "--quiet", "-r", "--cached", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "now")
    return folder


@pytest.mark.parametrize("below", ["", "api"])
@pytest.mark.parametrize(
    "against", ["git:v1", "git:main~1", "git:v1:routes.toml", "git:v1:./routes.toml"]
)
def test_tables_of_a_revision(repository, below, against):
    result = breaking(repository / below, "--against", against)
    assert (result.code, result.codes) == (1, ["CVT117"]), result.stderr


def test_another_file_of_a_revision(repository):
    result = breaking(repository, "--against", "git:v1:api/table.toml")
    assert (result.code, result.codes) == (1, ["CVT117"]), result.stderr


@pytest.mark.parametrize(
    ("against", "text"),
    [
        ("git:v2", "git knows no revision `v2`"),
        ("git:main", "there is no routes.toml at `main`"),
        ("git:v1:none.toml", "there is no none.toml at `v1`"),
        ("git:", "`` is no revision"),
        ("git:--output=x", "`--output=x` is no revision"),
    ],
)
def test_revisions_that_are_not_there(repository, against, text):
    result = breaking(repository, "--against", against)
    assert (result.code, result.codes, result.stdout) == (2, ["CVT119"], "")
    assert text in result.stderr
    assert "= help: " in result.stderr
    assert not (repository / "x").exists()


def test_no_git_and_no_repository(repository, tmp_path):
    write(tmp_path, shop=BEFORE)
    result = breaking(tmp_path, "--against", "git:main")
    assert (result.code, result.codes) == (2, ["CVT119"])
    assert "not a git repository" in result.stderr
    (tmp_path / "empty").mkdir()
    result = codegen(
        "breaking", "shop.py", "--against", "git:main", cwd=tmp_path, PATH=tmp_path / "empty"
    )
    assert (result.code, result.codes) == (2, ["CVT119"])
    assert "git cannot be run" in result.stderr


def test_tables_that_are_none(kept, tmp_path):
    write(tmp_path, shop=BEFORE)
    result = breaking(tmp_path, "--against", "none.toml")
    assert (result.code, result.codes) == (2, ["CVT001"])
    assert "cannot read none.toml" in result.stderr
    (tmp_path / "bad.toml").write_text("schema = 1\nschema = 2\n", encoding="utf-8")
    result = breaking(tmp_path, "--against", "bad.toml")
    assert (result.code, result.codes) == (1, ["CVT030"])
    assert "bad.toml:2" in result.stderr
