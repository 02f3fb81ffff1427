"""The statement as dlt's `rest_api` reads it: the rows of its resource, loaded nowhere."""

from dlt.sources.rest_api import rest_api_source
from turns import order, turns


def main():
    """Read as often as is wanted."""
    given = order()
    config = {
        "client": {"base_url": given["base"]},
        "resources": [
            {
                "name": "entries",
                "endpoint": {
                    "path": given["path"],
                    "params": given["params"],
                    "data_selector": "data[0].events",
                    "paginator": {
                        "type": "page_number",
                        "base_page": given["first"],
                        "page_param": "page",
                        "total_path": "pagination.total_pages",
                    },
                },
            }
        ],
    }
    turns(lambda: list(rest_api_source(config).resources["entries"]))


if __name__ == "__main__":
    main()
