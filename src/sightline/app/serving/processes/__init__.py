"""The processes of the service: uvicorn supervises its workers, and each worker is a whole service."""
