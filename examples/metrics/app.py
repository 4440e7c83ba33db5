"""An app that shows its metrics to Prometheus."""

import covet_runtime
from covet import Covet, Request
from covet.core.http import Response
from covet_runtime import prometheus


def create_app() -> Covet:
    app = Covet()

    @app.get("/")
    async def index(request: Request) -> dict[str, str]:
        return {"message": "Hello, World!"}

    @app.get("/hello/{name}")
    async def hello(request: Request, name: str) -> dict[str, str]:
        return {"message": f"Hello, {name}!"}

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        return Response(prometheus.scrape(), headers={"content-type": prometheus.CONTENT_TYPE})

    return app


app = create_app()
covet_runtime.install(app)
prometheus.register()
