"""The smallest app worth compiling."""

import covet_runtime
from covet import Covet, Request


def create_app() -> Covet:
    app = Covet()

    @app.get("/")
    async def index(request: Request) -> dict[str, str]:
        return {"message": "Hello, World!"}

    @app.get("/healthz")
    def health(request: Request) -> str:
        return "ok"

    @app.get("/hello/{name}")
    async def hello(request: Request, name: str) -> dict[str, str]:
        return {"message": f"Hello, {name}!"}

    @app.post("/echo")
    async def echo(request: Request) -> dict[str, object]:
        return {"you_sent": await request.json()}

    return app


app = create_app()
covet_runtime.install(app)

if __name__ == "__main__":
    app.run()
