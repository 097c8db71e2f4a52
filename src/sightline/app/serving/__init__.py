"""The service: pictures come over HTTP, answers go back; built on FastAPI and uvicorn, without torch."""
