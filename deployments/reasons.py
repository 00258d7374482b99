"""Why a part of an answer is missing, in words for a client."""

from ray.exceptions import RayTaskError
from ray.serve.exceptions import BackPressureError

from models.generation import UnusablePromptError


def reason(error: BaseException) -> str:
    """Why a part failed, in words for a client."""
    if isinstance(error, BackPressureError):
        return "busy"
    if isinstance(error, UnusablePromptError):
        return why(error)
    if isinstance(error, TimeoutError):
        return "timed out"
    return f"failed ({type(error).__name__})"


def why(error: UnusablePromptError) -> str:
    """What is wrong with the text; Ray puts a remote traceback around what the generator said."""
    cause = error.cause if isinstance(error, RayTaskError) else error
    return str(cause)
