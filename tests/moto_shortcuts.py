"""Two places where moto spent a third of the time of a test that writes many rows."""

from typing import Any

from moto.core.serialize import ResponseSerializer
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser


def take() -> None:
    """For the whole process."""
    serializer: Any = ResponseSerializer
    serialize = serializer._serialize

    def attributes_as_they_are(self: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str) -> None:
        """An attribute's value lies there as it is sent; moto looked for each of its ten types in ten ways."""
        if shape.name == "AttributeValue" and key and "B" not in value:  # which is bytes here, and text when sent
            serialized[key] = value
        else:
            serialize(self, serialized, value, shape, key)

    def kinds_of_nodes(self: Any) -> tuple[type, ...]:
        """Asked for at each node of an update, and the same for all."""
        if "kinds" not in vars(self):
            self.kinds = tuple(self._processing_map())
        return self.kinds

    serializer._serialize = attributes_as_they_are
    DepthFirstTraverser.nodes_to_be_processed = kinds_of_nodes
