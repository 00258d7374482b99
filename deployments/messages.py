"""What goes over the wire: the bodies of the HTTP contract, checked once, here."""

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from catalog.items import MediaType, Rating
from deployments.caller import of_caller

ALL_MEDIA_TYPES: tuple[MediaType, ...] = ("sticker", "image", "video", "audio")


def _without_controls(text: str) -> str:
    """Text as typed, less the control characters that no keyboard sends on purpose."""
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)


def _encodable(text: str) -> str:
    if any(unicodedata.category(char) == "Cs" for char in text):
        raise ValueError("must be valid Unicode: it holds half of a surrogate pair")
    return text


ShortText = Annotated[
    str, StringConstraints(max_length=256), AfterValidator(_encodable), AfterValidator(_without_controls)
]
LongText = Annotated[
    str, StringConstraints(max_length=1000), AfterValidator(_encodable), AfterValidator(_without_controls)
]
ContextText = Annotated[
    str, StringConstraints(max_length=2000), AfterValidator(_encodable), AfterValidator(_without_controls)
]
ShortName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, strip_whitespace=True),
    AfterValidator(_encodable),
    AfterValidator(_without_controls),
]
UserId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9._:@-]{1,128}$"), AfterValidator(of_caller)
]  # which makes two people of the same id under two tenants
Locale = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Message(BaseModel):
    """A frozen body without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SuggestRequest(Message):
    """What a client sends as a person types."""

    n_gram_string: ShortText = Field(description="What is being typed; empty asks for a prediction.")
    user_id: UserId = Field(description="Who types; an opaque id of the client's.")
    media_types: tuple[MediaType, ...] = Field(ALL_MEDIA_TYPES, min_length=1, description="Types wanted.")
    limit: int = Field(8, ge=1, le=50, description="Items in the slate.")
    generation_count: int = Field(2, ge=1, le=8, description="New items a media type.")
    locale: Locale = Field("en", description="BCP 47 language tag of the person.")
    context: tuple[ContextText, ...] = Field(
        (), max_length=8, description="Last messages, oldest first; never stored."
    )
    generate: Literal["auto", "always", "never"] = Field("auto", description="Whether to make new media.")
    deadline_ms: int = Field(1500, ge=50, le=30_000, description="When the answer must go out.")
    rating: Rating = Field("pg", description="The strongest rating wanted.")


class GenerateRequest(Message):
    """A call to the Generative Media Engine by itself."""

    n_gram_string: Annotated[ShortText, StringConstraints(min_length=1)] = Field(
        description="What to make."
    )
    user_id: UserId = Field(description="For whom.")
    media_type: MediaType = Field(description="What kind of media.")
    generation_count: int = Field(2, ge=1, le=8, description="How many.")
    seed: int | None = Field(
        None, ge=0, lt=2**53, description="Makes the answer repeatable; drawn when null."
    )


class ItemScores(Message):
    """The four scores of the mission and their total, each in [0, 1]; null where not judged."""

    index_match: float | None
    gme_relevance: float | None
    user_preference: float
    novelty: float
    total: float


class SuggestedItem(Message):
    """One suggestion in its place."""

    item_id: str
    media_type: MediaType
    source: Literal["index", "generated"]
    url: str
    preview_url: str
    mime_type: str
    width: int
    height: int
    duration_ms: int | None
    alt_text: str
    rating: Rating
    model_version: str | None
    attribution: str
    position: int
    scores: ItemScores
    propensity: float = Field(description="Probability of this item here, given those above it.")


class Slate(Message):
    """The answer to a suggest call."""

    suggestion_id: str
    n_gram_string: str
    policy_version: str
    items: tuple[SuggestedItem, ...]
    pending: tuple[MediaType, ...] = Field(description="Types still being generated at the deadline.")
    degraded: tuple[str, ...] = Field(description="Parts that failed or were skipped, with the reason.")


class GeneratedItem(Message):
    """One item that the engine has just made."""

    item_id: str
    media_type: MediaType
    url: str
    preview_url: str
    mime_type: str
    width: int
    height: int
    duration_ms: int | None
    alt_text: str
    rating: Rating
    model_version: str
    seed: int
    gme_relevance: float


class GenerateAnswer(Message):
    """Generated items, the most relevant first."""

    items: tuple[GeneratedItem, ...]


class UploadedItem(Message):
    """What an upload became."""

    item_id: str
    media_type: MediaType
    url: str
    preview_url: str
    mime_type: str
    width: int
    height: int
    duration_ms: int | None
    alt_text: str
    tags: tuple[str, ...]
    rating: Rating
    shared: bool
    allow_training: bool
    suggested_tags: tuple[str, ...] = Field(description="What similar items are tagged with.")
    lookalikes: tuple[str, ...] = Field(description="Ids of items that look the same to a perceptual hash.")


class Demographics(Message):
    """In the client's own words."""

    age_band: ShortName | None = Field(default=None, description='Such as "25-34".')
    gender: ShortName | None = None


class Location(Message):
    """Roughly where a person is."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = Field(
        default=None, description="ISO 3166-1 alpha-2 code."
    )
    region: ShortName | None = None


class UserProfile(Message):
    """What a person says of themselves, and what they consent to."""

    demographics: Demographics = Demographics()
    interests: tuple[ShortName, ...] = Field((), max_length=64, description="Things they like, in words.")
    locale: Locale | None = Field(None, description="BCP 47 language tag.")
    location: Location = Location()
    personalize: bool = Field(True, description="Whether profile and history may change what is suggested.")
    allow_training: bool = Field(False, description="Whether their media may train models.")


class Receipt(Message):
    """What was erased. `signature` is a JSON Web Signature (EdDSA) over the same claims."""

    user_sha256: str = Field(description="SHA-256 of the user id, in hex.")
    erased_at: datetime
    profiles: int
    impressions: int
    feedback: int
    media_items: int
    model_versions: tuple[str, ...] = Field(description="Models that were trained on their data.")
    signature: str


class FieldError(Message):
    """One thing that is wrong with a body."""

    field: str
    message: str


class Problem(Message):
    """An error, as RFC 9457 has it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
