# Runs a command with a folder of temporary files in memory, where /dev/shm has room and can hold programs; the folder
# is gone afterwards.
shared=/dev/shm
kilobytes=4000000
free=$(df -Pk "$shared" 2> /dev/null | awk 'NR == 2 { print $4 }')
folder=$(if [ "${free:-0}" -ge "$kilobytes" ]; then mktemp -d "$shared/tests.XXXXXX"; fi)
if [ -n "$folder" ]; then
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # Programs that run as another user, as PostgreSQL does, reach what is theirs in it.
  chmod 1777 "$folder"
  printf '#!/bin/sh\n' > "$folder/program"
  chmod +x "$folder/program"
  if "$folder/program" 2> /dev/null; then
    TMPDIR="$folder"
    export TMPDIR
  fi
  rm "$folder/program"
fi
"$@"
