"""A FastAPI API behind the verifier: python examples/api_fastapi.py, then GET /connectors with a token, or /docs."""

import os
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI
from safeconduct import STRICT, Claims, Verifier
from safeconduct.adapters.demand import by_method
from safeconduct.adapters.fastapi import Bearer

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
verifier = Verifier(ISSUER, f"{ISSUER}/api", profile=STRICT)
Token = Annotated[Claims, Depends(Bearer(verifier, by_method("connectors")))]
app = FastAPI(title="Connectors")


@app.get("/connectors")
@app.delete("/connectors")
async def connectors(token: Token) -> dict[str, object]:
    return {"caller": token.sub, "scope": token.scope}


@app.get("/health")
async def health() -> str:
    return "up"


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8090")), log_level="warning")
