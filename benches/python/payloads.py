"""The values that are written as JSON: the same ones in every run, as objects of one's own.

Whoever asks for a value gets new objects all the way down, strings too, because CPython keeps the
UTF-8 form of a string inside the string once somebody has asked for it: with shared strings, a
contender would profit from the one before. Only the names of fields are shared, as they are in an
app: they are literals in its code, which CPython interns.

All floats are such that every contender writes the same text: 0, or of a size from 1e-4 to below
1e16. Of others, no peer writes Python's own form (`1e+16`, `1e-05`) throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

GIVEN = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Kenneth", "Margaret")
FAMILY = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen", "Thompson")
STREETS = ("Market Street", "High Street", "Station Road", "Mill Lane", "Church Road")
CITIES = (("Springfield", "US"), ("Leeds", "GB"), ("Rotterdam", "NL"), ("Porto", "PT"))
PRODUCTS = ("USB-C cable, 2 m", 'Monitor 27"', "Keyboard, ISO", "Laptop stand", "Headphones")
PROSE = (
    "the a of to and in that is was for on with as by at from this which be are not have it its "
    "route request response header body server client table compiled answer measured value list "
    "faster slower between under before after every other memory string number object field"
)
WORDS = PROSE.split()
TAGS = ("python", "rust", "web", "json", "asyncio", "performance", "packaging", "testing", "http")

# One script for each width in which CPython stores text: one byte, two bytes, four bytes.
SENTENCES = {
    "Français": "Où était la forêt où l'élève naïf a goûté le café crème à côté du château ?",
    "Deutsch": "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich, sagt Jürgen.",
    "Español": "El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío, añoraba.",
    "Русский": "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "Ελληνικά": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία στο φως της ημέρας.",
    "日本語": "色は匂へど散りぬるを我が世誰ぞ常ならむ有為の奥山今日越えて",
    "中文": "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏",
    "한국어": "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.",
    "Emoji": "Deployed 🚀 and it works 🎉🎉 thanks 👩‍💻 see you at the 🏖️ tomorrow 🌞",
}


def make(shape: str) -> Any:
    """The value of a shape, as new objects."""
    return _fresh(_value(shape))


def accounts(count: int) -> list[Any]:
    """`count` small objects with different values, as new objects."""
    random = Random("accounts")
    return _fresh([_account(random) for _ in range(count)])  # type: ignore[no-any-return]


def text(alphabet: str, size: int) -> str:
    """A new string of about `size` bytes of UTF-8, at least one character.

    It has nothing to escape: words of the characters of `alphabet`.
    """
    random = Random(f"text {alphabet}")
    width = len(alphabet.encode()) / len(alphabet)
    characters = random.choices(alphabet + " ", k=min(1_000, max(1, int(size / width))))
    repeats = max(1, int(size / width) // len(characters))
    return "".join(characters * repeats)


def _fresh(value: Any) -> Any:
    """A copy that shares no string with the original, but for the names of fields."""
    if isinstance(value, dict):
        return {_fresh_key(key): _fresh(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_fresh(each) for each in value]
    return value.encode().decode() if isinstance(value, str) else value


def _fresh_key(key: str) -> str:
    """A name of a field as it is, and data that is a key anew. Only the latter are not ASCII."""
    return key if key.isascii() else key.encode().decode()


@cache
def _value(shape: str) -> Any:
    return SHAPES[shape](Random(shape))


def _name(random: Random) -> str:
    return f"{random.choice(GIVEN)} {random.choice(FAMILY)}"


def _account(random: Random) -> dict[str, Any]:
    name = _name(random)
    return {
        "id": random.randrange(1, 1_000_000),
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@example.com",
        "active": random.random() < 0.8,
        "balance": round(random.uniform(1, 10_000), 2),
    }


def _address(random: Random) -> dict[str, Any]:
    city, country = random.choice(CITIES)
    return {
        "street": f"{random.randrange(1, 200)} {random.choice(STREETS)}",
        "city": city,
        "postcode": f"{random.randrange(10_000, 99_999)}",
        "country": country,
        "floor": None,
    }


def _order(random: Random) -> dict[str, Any]:
    customer = _account(random)
    lines: list[dict[str, Any]] = [
        {
            "sku": f"SKU-{random.randrange(100_000, 999_999)}",
            "title": random.choice(PRODUCTS),
            "quantity": random.randrange(1, 10),
            "price": round(random.uniform(1, 500), 2),
            "taxed": random.random() < 0.9,
        }
        for _ in range(8)
    ]
    return {
        "id": random.randrange(1, 1_000_000),
        "status": "shipped",
        "created": "2026-03-14T15:09:26+00:00",
        "customer": {
            "id": customer["id"],
            "name": customer["name"],
            "email": customer["email"],
            "address": _address(random),
        },
        "lines": lines,
        "total": round(sum(line["quantity"] * line["price"] for line in lines), 2),
        "note": None,
    }


def _paragraphs(random: Random) -> str:
    """Text as people write it: lines, here and there a quotation mark, seldom another script."""
    lines = []
    for _ in range(random.randrange(2, 6)):
        words = random.choices(WORDS, k=random.randrange(15, 40))
        if random.random() < 0.2:
            words[3] = f'"{words[3]}"'
        if random.random() < 0.03:
            words[-1] = "café"
        lines.append(" ".join(words).capitalize() + ".")
    return "\n".join(lines)


def _forum(random: Random) -> dict[str, Any]:
    users = [
        {
            **_account(random),
            "city": random.choice(CITIES)[0] if random.random() < 0.5 else None,
            "rating": round(random.uniform(0.5, 5), 1) if random.random() < 0.7 else None,
            "followers": [random.randrange(1, 1_000_000) for _ in range(random.randrange(12))],
        }
        for _ in range(200)
    ]
    posts = [
        {
            "id": number,
            "author": random.choice(users)["id"],
            "title": " ".join(random.choices(WORDS, k=6)).capitalize(),
            "text": _paragraphs(random),
            "tags": random.sample(TAGS, k=random.randrange(1, 5)),
            "score": random.uniform(0.001, 1),
            "views": random.randrange(10_000_000),
            "edited": "2026-03-14T15:09:26+00:00" if random.random() < 0.3 else None,
            "counts": {"likes": random.randrange(1_000), "replies": random.randrange(100)},
            "pinned": random.random() < 0.05,
        }
        for number in range(167)
    ]
    return {"users": users, "posts": posts, "next": None, "total": 12_345}


def _phrasebook(random: Random) -> dict[str, Any]:
    languages = list(SENTENCES)
    entries = []
    for number in range(50):
        language = languages[number % len(languages)]
        words = SENTENCES[language].split(" ")
        rest = random.sample(languages, k=2)
        entries.append(
            {
                "id": number,
                "language": language,
                "title": " ".join(random.sample(words, k=min(3, len(words)))),
                "text": " ".join([SENTENCES[language]] * random.randrange(1, 4)),
                "elsewhere": {other: SENTENCES[other] for other in rest},
            }
        )
    return {"title": "Грамматика – 文法", "entries": entries}


def _survey(random: Random) -> dict[str, Any]:
    # What comes from `uniform` needs 15 to 17 digits, as a computed number does.
    points = [
        {"latitude": random.uniform(-90, 90), "longitude": random.uniform(-180, 180)}
        for _ in range(500)
    ]
    short = [round(random.uniform(-50, 50), random.choice((0, 1, 2))) for _ in range(500)]
    large = [random.uniform(1e3, 1e15) for _ in range(250)]
    small = [random.uniform(1e-4, 1e-2) for _ in range(250)]
    return {"points": points, "temperatures": short, "distances": large, "errors": small}


SHAPES: dict[str, Callable[[Random], Any]] = {
    "small": _account,
    "list": lambda random: [_account(random) for _ in range(100)],
    "nested": _order,
    "mixed": _forum,
    "unicode": _phrasebook,
    "floats": _survey,
}
