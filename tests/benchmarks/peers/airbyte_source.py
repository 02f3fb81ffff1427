"""The statement as a declarative source of airbyte-cdk reads it: the records among its messages."""

import logging

from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, Type
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from turns import order, turns


def manifest(given):
    """The source, declared."""
    stream = {
        "type": "DeclarativeStream",
        "name": "entries",
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "additionalProperties": True}},
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url_base": given["base"],
                "path": given["path"],
                "http_method": "GET",
                "request_parameters": given["params"],
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data", "*", "events", "*"]},
            },
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": {
                    "type": "RequestOption",
                    "inject_into": "request_parameter",
                    "field_name": "page",
                },
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response.pagination.page + 1 }}",
                    "stop_condition": "{{ response.pagination.page >= response.pagination.total_pages }}",
                },
            },
        },
    }
    return {
        "version": "7.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["entries"]},
        "streams": [stream],
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    }


def main():
    """Read as often as is wanted."""
    given = order()
    stream = {"name": "entries", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    chosen = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    catalog = ConfiguredAirbyteCatalogSerializer.load({"streams": [chosen]})
    logger = logging.getLogger("airbyte")
    logger.setLevel(logging.ERROR)

    def read():
        source = ConcurrentDeclarativeSource(catalog=catalog, config={}, state=[], source_config=manifest(given))
        for message in source.read(logger, {}, catalog, []):
            if message.type == Type.RECORD:
                yield message.record.data

    turns(lambda: list(read()))


if __name__ == "__main__":
    main()
