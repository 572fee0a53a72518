"""Creates the routes of the deployed HTTP API, which MiniStack does not make from CloudFormation.

Reads the OpenAPI body that SAM put into the processed template and repeats it through the apigatewayv2 API.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from local.places import Places

Node = dict[str, Any]


def create_routes(places: Places, stack_name: str) -> str:
    """Makes integrations and routes anew; returns the id of the API."""
    cloudformation, gateway = places.aws("cloudformation"), places.aws("apigatewayv2")
    body = _openapi_body(cloudformation.get_template(StackName=stack_name, TemplateStage="Processed")["TemplateBody"])
    resources = _resources(cloudformation, stack_name)
    api_id = next(id for id, kind in resources.values() if kind == "AWS::ApiGatewayV2::Api")
    _clear(gateway, api_id)
    lambda_arn = _ArnOf(places, resources)
    integrations: dict[str, str] = {}
    for route_key, operation in _operations(body):
        uri = lambda_arn(operation["x-amazon-apigateway-integration"]["uri"])
        if uri not in integrations:
            integrations[uri] = _integration(gateway, api_id, uri)
        gateway.create_route(
            ApiId=api_id,
            RouteKey=route_key,
            Target=f"integrations/{integrations[uri]}",
        )
    return api_id


class _ArnOf:
    """Turns a CloudFormation expression that names a function, such as `${RegisterFn.Arn}`, into its ARN."""

    def __init__(self, places: Places, resources: dict[str, tuple[str, str]]) -> None:
        self._functions = places.aws("lambda")
        self._resources = resources

    def __call__(self, expression: Any) -> str:
        text = json.dumps(expression)
        named = re.search(r"\$\{(\w+)\.Arn\}", text) or re.search(r'"Fn::GetAtt": \["(\w+)", "Arn"\]', text)
        if named is None:
            raise ValueError(f"no function in {text}")
        physical_id, _ = self._resources[named[1]]
        return self._functions.get_function(FunctionName=physical_id)["Configuration"]["FunctionArn"]


def _openapi_body(template: str | Node) -> Node:
    parsed: Node = json.loads(template) if isinstance(template, str) else template
    return next(r for r in parsed["Resources"].values() if r["Type"] == "AWS::ApiGatewayV2::Api")["Properties"]["Body"]


def _resources(cloudformation: Any, stack_name: str) -> dict[str, tuple[str, str]]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    return {
        resource["LogicalResourceId"]: (resource["PhysicalResourceId"], resource["ResourceType"])
        for page in pages
        for resource in page["StackResourceSummaries"]
    }


def _operations(body: Node) -> Iterator[tuple[str, Node]]:
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            if "x-amazon-apigateway-integration" not in operation:
                continue
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            yield ("$default" if path == "$default" else f"{verb} {path}"), operation


def _integration(gateway: Any, api_id: str, uri: str) -> str:
    return gateway.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
    )["IntegrationId"]


def _clear(gateway: Any, api_id: str) -> None:
    for route in gateway.get_routes(ApiId=api_id)["Items"]:
        gateway.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for integration in gateway.get_integrations(ApiId=api_id)["Items"]:
        gateway.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])
