"""The words an encoder was taught to read before a text; they are kept in its ONNX file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

METADATA = "kefu.prompt."


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is put before a text, unseen by anyone: `query` before what customers say, `passage` before what answers them."""

    query: str = ""
    passage: str = ""

    @classmethod
    def of_metadata(cls, metadata: Mapping[str, str]) -> "Prompts":
        """Those of an ONNX file; none where it names none."""
        return cls(metadata.get(f"{METADATA}query", ""), metadata.get(f"{METADATA}passage", ""))

    def metadata(self) -> dict[str, str]:
        """For the metadata of an ONNX file."""
        return {f"{METADATA}{name}": prompt for name, prompt in asdict(self).items()}
