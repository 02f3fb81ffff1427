"""The statement as a stream of singer-sdk reads it: its records, written nowhere."""

import logging

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BasePageNumberPaginator
from turns import order, turns


class Pages(BasePageNumberPaginator):
    """Goes on until the last page."""

    def has_more(self, response):
        """Whether a page follows."""
        pages = response.json()["pagination"]
        return pages["page"] < pages["total_pages"]


def main():
    """Read as often as is wanted."""
    given = order()
    logging.disable(logging.WARNING)

    class Entries(RESTStream):
        """The entries."""

        name = "entries"
        url_base = given["base"]
        path = given["path"]
        records_jsonpath = "$.data[*].events[*]"
        schema = th.PropertiesList(th.Property("id", th.StringType)).to_dict()

        def get_new_paginator(self):
            """Pages by number."""
            return Pages(given["first"])

        def get_url_params(self, context, next_page_token):
            """The parameters of a page."""
            return {**given["params"], "page": next_page_token or given["first"]}

    class Bank(Tap):
        """A tap with one stream."""

        name = "bank"
        config_jsonschema = th.PropertiesList().to_dict()

        def discover_streams(self):
            """The one stream."""
            return [Entries(tap=self)]

    turns(lambda: list(Bank(config={}).streams["entries"].get_records(None)))


if __name__ == "__main__":
    main()
