#!/usr/bin/env bash
# Installs Debian or Ubuntu packages where that is possible without asking anyone: apt-install.sh NAME...
# Ends with 0 when all of them are installed, else with 1 and one line that says why.
set -euo pipefail

refuse() {
  echo "Cannot install $*" >&2
  exit 1
}

command -v apt-get >/dev/null || refuse "$*: this machine has no apt-get."
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || refuse "$*: neither root nor sudo without a password."
  as_root=(sudo -n)
fi

install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --quiet --yes --no-install-recommends "$@" </dev/null
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing $* with apt-get." >&2
# A fresh image has no package lists, so the first try may fail for that reason alone.
if ! install "$@" >"$log" 2>&1; then
  { "${as_root[@]}" apt-get update --quiet </dev/null && install "$@"; } >>"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    refuse "$*: apt-get failed, see above."
  }
fi
