"""Make the environment of the readers, if it is missing."""

from tests.readers import made

made()
