"""The Rust extension. It may be missing; `covet_runtime._loader` decides.

What the classes and functions do is said once, at their pure forms in `covet_runtime.routing` and
`covet_runtime.query`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Optional, Union

RUST_VERSION: str

class RouteTable:
    def __init__(self, endpoints: Sequence[tuple[str, str]]) -> None: ...
    def match_route(
        self, path: str, method: str
    ) -> Optional[tuple[int, dict[str, Union[str, int]]]]: ...
    def match_id(self, path: str, method: str) -> Optional[int]: ...
    def regex_ids(self) -> list[int]: ...
    def bind(
        self,
        handlers: Sequence[Any],
        answers: Sequence[Any],
        route_match: type,
        original: Callable[[Any, Any], Any],
    ) -> Callable[[str, str], Any]: ...

class RouteEngine:
    def __init__(self) -> None: ...
    def add_route(self, path: str, methods: Iterable[str], handler_id: int) -> None: ...
    def match_route(self, path: str, method: str) -> Optional[dict[str, Any]]: ...
    def stats(self) -> tuple[int, int]: ...

def parse_query(
    qs: str, keep_blank_values: bool = False, max_num_fields: Optional[int] = None
) -> dict[str, list[str]]: ...
