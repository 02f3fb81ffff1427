"""The storage wing: on files and databases, alone and side by side."""
