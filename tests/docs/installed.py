"""`python -m tests.docs.installed FOLDER` leaves a project as an installer does, without pip and without a network."""

import sys
from pathlib import Path

from tests.packages import install_project

__all__: list[str] = []

if __name__ == "__main__":
    install_project(Path(sys.argv[1]))
