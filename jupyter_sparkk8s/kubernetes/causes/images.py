"""Images that can't be had."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import Cause
from ...models.phase import Phase
from .seen import ADMIN, HEALING_S, Trouble, may_heal, owner_of

if TYPE_CHECKING:
    from ...models.driver import JsonObject
    from .seen import Seen

_REASONS = {
    "InvalidImageName",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
    "ImageInspectError",
    "RegistryUnavailable",
}
_WORDS = [
    (r"no match for platform|does not match the specified platform", "The image {} is not made for the node's processor."),
    (
        r"\b40[13] |unauthorized|authentication required|no basic auth|access denied|authorization failed|denied:",
        "The registry does not give the image {} to this cluster: it is private, or its name is wrong.",
    ),
    (r"x509|certificate", "The node does not trust the certificate of the registry of image {}."),
    (r"no such host", "The registry of image {} does not exist: no such host name."),
    (r"no space left on device", "The node has no space left for the image {}."),
    (r"HTTP response to HTTPS client", "The registry of image {} does not speak HTTPS."),
    (r"not ?found|unknown|\b404 ", "The image {} does not exist."),
]


def image_trouble(container: JsonObject, seen: Seen) -> Trouble | None:
    """Why a container waits for its image, beyond pulling it; None where it doesn't."""
    waiting, image = container.get("state", {}).get("waiting", {}), str(container.get("image", ""))
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))
    if reason not in _REASONS:
        return None
    if reason == "ImagePullBackOff" and "Err" not in message:  # before Kubernetes 1.32 the event alone holds the reason
        message = str(seen.last("Failed").get("message") or message)
    # The image's name may hold any of the words that mean "later", or "not found".
    words = re.sub(r'"[^"]*"', "", message.replace(image, "").replace(image.rpartition(":")[0] or image, ""))
    heals = reason not in ("InvalidImageName", "ErrImageNeverPull") and may_heal(words)
    title = _title(reason, words, heals).format(image)
    refused = "it is private" in title
    lacking = seen.last("FailedToRetrieveImagePullSecret") if refused else {}
    if lacking:
        names = re.findall(r"pull secrets? \(([^)]*)\)", str(lacking.get("message")))
        title = f"The pull secret {', '.join(names)} does not exist; the registry does not give the image {image} without it."
    advice = f"Correct {owner_of(container['name'])}{' or c.SparkK8s.image_pull_secrets' if refused else ''}. {ADMIN}"
    if heals:
        advice = f"Try again later. {ADMIN}"
    unsure = refused and bool(seen.spec.get("imagePullSecrets")) and not lacking
    return Trouble(Cause(title, f"{reason}: {message}", advice), HEALING_S if heals else 0, Phase.PULLING, unsure)


def _title(reason: str, words: str, heals: bool) -> str:
    if reason == "InvalidImageName":
        return "The image's name is malformed: {}"
    if reason == "ErrImageNeverPull":
        return "The image {} is not on the node, and its pull policy is Never."
    if reason == "ImageInspectError":
        return "The image {} is damaged on the node."
    if heals:
        return "The registry does not give the image {} for now."
    return next(
        (title for pattern, title in _WORDS if re.search(pattern, words, re.IGNORECASE)), "The image {} can't be pulled."
    )
