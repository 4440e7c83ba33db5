"""Apps to write reports of: one whose every text is an attack, and one with many routes."""

from __future__ import annotations

# None of these may stand in a page as it is.
SCRIPTS = ["<img", "<svg onload", "</script><b>", "</table><i>"]

# With a pair of braces in a path, `<` is text in it.
HOSTILE_PATHS = [
    "/{x}</script><img src=x onerror=document.title='broken'>",
    "/{x}\"><svg onload=document.title='broken'>",
    "/'\"&amp;&#60;b>",
    # What cannot be seen is written out.
    "/line\\nbreak/\\u202etxt.exe",
]

HOSTILE = r"""
    from typing import Literal, TypedDict
    from covet import Covet

    app = Covet()
    Reply = TypedDict("Reply", {"</table>": int, "key": Literal["</script><b>{{data}}"]})

    def add(path, methods=("GET",)):
        async def handler(request) -> Reply:
            return {}
        handler.__name__ = "<img src=x onerror=document.title='broken'>{{data}}"
        handler.__qualname__ = handler.__name__
        app.route(path, methods=list(methods))(handler)

    add("/{x}</script><img src=x onerror=document.title='broken'>")
    add("/{x}\"><svg onload=document.title='broken'>")
    add("/'\"&amp;&#60;b>")
    add("/line\nbreak/\u202etxt.exe")
    add("/methods", ["{{style}}", "<b>", "\" onclick=\"x"])
    add("/</table><i>".replace("<", "&lt;"), [])
    add("")
    add("/a" * 300)
"""


def many(routes: int) -> str:
    """An app with so many routes below a few prefixes."""
    return f"""
    from typing import TypedDict
    from covet import Covet

    app = Covet()

    class Item(TypedDict):
        id: int
        name: str

    def handler(number):
        async def answer(request, id=None) -> Item:
            return {{"id": number, "name": "x"}}
        answer.__qualname__ = answer.__name__ = f"answer_{{number}}"
        return answer

    for number in range({routes}):
        area, rest = number % 25, number // 25
        version, rest = rest % 4, rest // 4
        tail, rest = rest % 4, rest // 4
        method = ["GET", "POST", "PUT", "DELETE"][tail]
        tail = ["", "/{{id}}", "/{{id}}/parts", "/{{id}}.{{format}}"][tail]
        path = f"/api/v{{version}}/area{{area}}/r{{rest}}{{tail}}"
        app.route(path, methods=[method])(handler(number))
    """


def flat(routes: int) -> str:
    """An app with so many routes side by side."""
    return f"""
    from covet import Covet

    app = Covet()

    async def answer(request):
        return "x"

    for number in range({routes}):
        app.get(f"/area{{number}}")(answer)
    """
