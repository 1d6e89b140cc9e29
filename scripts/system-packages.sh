#!/usr/bin/env bash
# Installs the system programs that some tests use, where apt-get may be used without a password.
# What cannot be installed is named; the tests that need it are skipped, and say so at the end.
# Always ends with 0: a missing program is no reason not to run the other tests.
set -euo pipefail
cd "$(dirname "$0")"

# program  Debian package  what for
while read -r program package purpose; do
  command -v "$program" >/dev/null || ./apt-install.sh "$package" ||
    echo "Without $program there is no test of: $purpose." >&2
done <<'EOP'
dot graphviz drawings laid out by Graphviz
shellcheck shellcheck the shell scripts of this repository
EOP
