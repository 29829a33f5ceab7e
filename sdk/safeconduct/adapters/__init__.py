"""The verifier in front of an application. Each framework has its file here, which alone imports it."""
