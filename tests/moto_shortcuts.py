"""Where moto spent more than half of the time of a test that writes many rows: the same results by a shorter way."""

import copy
import functools
import os
import pickle
from typing import Any

from botocore.session import Session
from moto import backend_index
from moto.core import models, responses
from moto.core.models import botocore_stubber
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.validators import UpdateExpressionValidator

_MOST_CALLED = ("dynamodb", "sqs")
"""They are looked for first, among 183 patterns of addresses; no other pattern means theirs."""


def take() -> None:
    """For the whole process."""
    serializer: Any = ResponseSerializer
    serializer._serialize = _attributes_as_they_are(serializer._serialize)
    mocked: Any = models
    mocked.RESPONSES_METHODS[:] = ["GET", "POST", "PUT"]  # of `requests`, for files alone: made anew for each test
    patterns: Any = backend_index.backend_url_patterns
    patterns.sort(key=_is_seldom_called)
    methods: Any = responses
    methods.method_names_from_class = functools.cache(methods.method_names_from_class)
    item: Any = Item
    item.__init__ = _measured_once
    parser: Any = UpdateExpressionParser
    parser.make = functools.lru_cache(maxsize=1000)(parser.make)  # what it gives is copied before it is changed
    validator: Any = UpdateExpressionValidator
    validator.__init__ = _with_a_pickled_copy
    traverser: Any = DepthFirstTraverser
    traverser.traverse_node_recursively = _traverse
    condition: Any = ConditionExpressionParser
    condition.parse = _parsed_once(condition.parse)
    session: Any = Session
    session.create_client = _as_made_before(session.create_client)


def _is_seldom_called(pattern: tuple[str, Any]) -> bool:
    return pattern[0] not in _MOST_CALLED


def _attributes_as_they_are(serialize: Any) -> Any:
    """An attribute's value lies there as it is sent; moto looked for each of its ten types in ten ways."""

    def _serialize(self: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and key and "B" not in value:  # which is bytes here, and text when sent
            serialized[key] = value
        else:
            serialize(self, serialized, value, shape, key)

    return _serialize


def _measured_once(self: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
    """A row is measured with its last attribute; moto measured it with each."""
    self.hash_key, self.range_key = hash_key, range_key
    self.attrs = LimitedSizeDict({key: DynamoType(value) for key, value in attrs.items()})
    for last in [*attrs][-1:]:
        self.attrs[last] = self.attrs.pop(last)


def _with_a_pickled_copy(self: Any, expression: Any, **of_the_update: Any) -> None:
    """The tree is copied for each row that it updates: from bytes that are made once."""
    if "pickled" not in vars(expression):
        expression.pickled = pickle.dumps(expression)
    for name, value in of_the_update.items():
        setattr(self, name, value)
    self.processors = self.get_ast_processors()
    self.node_to_validate = pickle.loads(expression.pickled)


def _traverse(self: Any, node: Any, child_id: int = -1) -> Any:
    """Which nodes a walk is for is asked once for each type, not at each of its nodes."""
    is_node, is_processed = _is_node_and_processed(self.__class__, node.__class__)
    if is_node:
        parent = node.parent
        for i, child in enumerate(node.children or ()):
            self.pre_processing_of_child(node, i)
            _traverse(self, child, i)
        if is_processed:
            node = self.process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
    return node


@functools.cache
def _is_node_and_processed(walk: Any, kind: Any) -> tuple[bool, bool]:
    return issubclass(kind, Node), issubclass(kind, tuple(walk._processing_map(walk)))


def _parsed_once(parse: Any) -> Any:
    """A condition is parsed up to three times on its way through a transaction, with the same names and values."""
    parsed: dict[tuple[str, int, int], tuple[Any, ...]] = {}

    def parsed_before(self: Any) -> Any:
        names, values = self.expression_attribute_names, self.expression_attribute_values
        key = (self.condition_expression, id(names), id(values))  # the entry holds both: no id is used again
        if key not in parsed:
            operation = parse(self)
            if len(parsed) > 200:  # a transaction has a hundred
                parsed.clear()
            parsed[key] = operation, names, values, [*self.expr_attr_names_found], [*self.expr_attr_values_found]
        operation, _, _, names_found, values_found = parsed[key]
        self.expr_attr_names_found, self.expr_attr_values_found = [*names_found], [*values_found]
        return operation

    return parsed_before


def _as_made_before(create: Any) -> Any:
    """A client of our own code takes 6 ms to make; the next test's differs in who listens to its calls."""
    made: dict[tuple[str, ...], Any] = {}

    def create_client(self: Any, service_name: str, **options: Any) -> Any:
        if not botocore_stubber.enabled or options.keys() != {"config"}:
            return create(self, service_name, **options)
        config: dict[str, Any] = options["config"].__dict__
        key = service_name, os.environ["AWS_DEFAULT_REGION"], repr(config)
        if key not in made:
            made[key] = create(self, service_name, **options)
        return _without_listeners(made[key])

    return create_client


def _without_listeners(made: Any) -> Any:
    events = copy.copy(made.meta.events)
    client: Any = object.__new__(made.__class__)
    client.__dict__ |= made.__dict__
    client.meta, client._endpoint = copy.copy(made.meta), copy.copy(made._endpoint)
    client.meta.events = client._endpoint._event_emitter = events
    return client
