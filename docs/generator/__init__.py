"""Makes the site of the guide: copies the pages, writes those that follow from contracts and code, and runs Sphinx."""
