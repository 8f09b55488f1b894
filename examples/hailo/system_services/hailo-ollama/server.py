"""Thin proxy in front of the model runner."""
import os

from aiohttp import web

PORT = int(os.environ.get("HAILO_OLLAMA_PORT", 11434))
TOOLS = {
    "read_text": "http://localhost:11436/v1/read",
    "measure": "http://localhost:11436/v1/depth",
    "speak": "http://localhost:5002/v1/speak",
    "who": "http://localhost:5002/v1/identify",
}


async def tools(request):
    return web.json_response(TOOLS)


app = web.Application()
app.router.add_get("/tools", tools)

if __name__ == "__main__":
    web.run_app(app, port=PORT)
