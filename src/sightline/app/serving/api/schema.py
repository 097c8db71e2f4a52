"""The shapes of the answers, for /openapi.json; the tests hold the real answers against them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Something with these keys and no others."""

    model_config = ConfigDict(extra="forbid")


class Error(Shape):
    """Why there is no answer."""

    status: int
    problem: str = Field(description="What happened, and what was expected.")
    hint: str = Field(description="What to do about it.")


class Refused(Shape):
    """Every answer with a status of 400 and more."""

    error: Error


class Input(Shape):
    """What every picture becomes before the model sees it."""

    height: int
    width: int
    channels: int
    colours: str


class Words(Shape):
    """What a model's prediction sets and refusals say, in words."""

    meaning: str = Field(description="Which classes belong to a set.")
    refusal: str = Field(description="When a picture is taken for none of the classes.")


class Model(Shape):
    """A model that is served."""

    name: str
    classes: list[str]
    input: Input
    licence: str
    figures: dict[str, Any] = Field(description="What it reached on its test part.")
    calibrated: bool = Field(description="Whether its confidence can be taken at its word.")
    sets: bool = Field(description="Whether it can say which classes are likely enough.")
    examples: int = Field(description="How many training pictures it has to show as neighbours; 0 for none.")
    words: Words | None = Field(description="About its sets and refusals; null where it is not calibrated.")
    digest: str = Field(description="SHA-256 of its file.")
    loaded: str = Field(description="When it was loaded, ISO 8601.")
    enrolled: dict[str, int] = Field(description="The classes that were enrolled, and by how many pictures each.")
    teaches: bool = Field(description="Whether the service enrolls and forgets classes.")


class Card(Model):
    """A model with all that its maker says of it."""

    card: dict[str, Any] = Field(description="The manifest, see docs/bundle.md.")


class Models(Shape):
    """Every model that is served."""

    models: list[Model]


class Share(Shape):
    """A class and its probability."""

    label: str
    probability: float


class Neighbour(Shape):
    """A training picture that looks to the model like the one that was sent."""

    label: str = Field(description="Its class.")
    similarity: float = Field(description="The cosine of the angle between what the model's last layer reads of both.")
    thumbnail: str = Field(description="A data: address of a small JPEG.")


class Match(Shape):
    """The enrolled class that a picture is nearest to."""

    label: str
    distance: float = Field(description="From the class, 0 to 2.")
    picture: str = Field(description="What the nearest of its enrolled pictures was called.")
    digest: str = Field(description="SHA-256 of that picture's file.")
    is_stranger: bool = Field(description="Whether it is too far away: the picture shows none of the classes.")
    thumbnail: str | None = Field(
        default=None,
        description="A data: address of a small JPEG of that picture; left out where the model keeps none.",
    )


class Named(Shape):
    """The answer to one picture."""

    name: str = Field(description="The file's name as it was sent, shortened.")
    label: str
    confidence: float
    probabilities: list[Share] = Field(description="The likeliest classes, likeliest first.")
    set: list[str] | None = Field(description="Every class that is likely enough; null if not asked for or not known.")
    refused: bool = Field(description="Whether it is taken for none of the classes.")
    typicality: float | None = Field(
        description="The share of known pictures that are as strange or stranger; null where the model can't say it."
    )
    heat: str | None = Field(description="A data: address of a PNG to lay over the picture; null if not asked for.")
    neighbours: list[Neighbour] | None = Field(
        description="The nearest training pictures, nearest first; one of a refused picture, if not asked for; or null."
    )
    milliseconds: float
    note: str | None = Field(
        default=None, description="What should be known of how the picture was read; left out if there is nothing."
    )
    match: Match | None = Field(default=None, description="Left out where no enrolled class decided.")


class Taught(Shape):
    """What was changed in a model, and what it knows by then."""

    model: str
    digest: str = Field(description="SHA-256 of the changed file.")
    label: str
    pictures: int = Field(description="How many pictures the class is known by; 0 of one that was forgotten.")
    classes: list[str]


class Unnamed(Shape):
    """Why one picture has no answer."""

    name: str
    error: Error


class Prediction(Shape):
    """The answers to the pictures of one request, in their order."""

    model: str
    digest: str = Field(description="SHA-256 of the model file that answered.")
    results: list[Named | Unnamed]


_BYTES = {"type": "string", "format": "binary"}
PICTURES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": {"schema": _BYTES},
            "application/octet-stream": {"schema": _BYTES},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"files": {"type": "array", "items": _BYTES}}}
            },
        },
    }
}
"""What predict takes: it reads the body itself, so FastAPI can't know."""
