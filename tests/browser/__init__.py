"""Pages as people see them: Debian's Chromium looks at those of a served gateway."""
