"""A local server that speaks the Hugging Face Hub's protocol, well enough for the real client."""

from tests.hub.faults import Fault
from tests.hub.repository import Kind, Repository
from tests.hub.server import Hub, HubServer, Request

__all__ = ["Fault", "Hub", "HubServer", "Kind", "Repository", "Request"]
