#!/usr/bin/env bash
# Makes or updates a virtual environment that has treadle in it: environment.sh FOLDER [EXTRA]
#
# - It does nothing, in a moment, while pyproject.toml, the interpreter and the checkout's place are
#   the ones of the last time. The stamp in FOLDER holds a hash of the three.
# - The stamp is written last, so an interrupted run is done again.
# - PYTHON=python3.13 in the environment chooses the interpreter. Another interpreter than last time
#   makes FOLDER anew.
# - Where the system's Python cannot make environments (Debian packs that part separately) the
#   missing package is installed if apt-get may be used, else the message says what to install.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:?usage: environment.sh FOLDER [EXTRA]}
extra=${2:-}

# Prints two hashes when the interpreter is new enough: one of the interpreter, one of the whole state.
identify() {
  "$1" - <<'EOP' 2>/dev/null
import hashlib, os, sys
if sys.version_info < (3, 11):
    sys.exit(1)
interpreter = f"{sys.version} {sys.base_prefix} {os.getcwd()}"
with open("pyproject.toml", encoding="utf-8") as file:
    everything = interpreter + file.read()
for text in (interpreter, everything):
    print(hashlib.sha256(text.encode()).hexdigest())
EOP
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if hashes=$(identify "$candidate"); then
      python=$candidate
      return
    fi
  done
  if [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not a Python 3.11 or newer that runs here." >&2
  else
    echo "No Python 3.11 or newer was found." >&2
    echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name one:" >&2
    echo "    PYTHON=/path/to/python3.13 make test" >&2
  fi
  exit 1
}

make_environment() {
  local log version
  # Only ever delete what is an environment or empty.
  if [ -e "$folder" ] && [ ! -f "$folder/pyvenv.cfg" ]; then
    rmdir "$folder" 2>/dev/null || {
      echo "$folder exists and is not a virtual environment. Move it away, then try again." >&2
      exit 1
    }
  fi
  rm -rf "$folder"
  echo "Making $folder with $("$python" --version)." >&2
  log=$("$python" -m venv "$folder" 2>&1) && return
  # A failed attempt leaves half an environment behind.
  rm -rf "$folder"
  version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    if scripts/apt-install.sh "$version-venv" && "$python" -m venv "$folder"; then
      return
    fi
    rm -rf "$folder"
    echo "$python cannot make virtual environments: its ensurepip module is missing." >&2
    echo "Install it, then try again:" >&2
    echo "    sudo apt-get update && sudo apt-get install $version-venv" >&2
    exit 1
  fi
  echo "$log" >&2
  echo "$python -m venv $folder failed, see above." >&2
  exit 1
}

find_python
{ read -r interpreter && read -r state; } <<<"$hashes"

# An environment for 'check' also serves 'test' and the demo.
case $extra in
  "") served_by="plain test check" ;;
  test) served_by="test check" ;;
  *) served_by=$extra ;;
esac
for name in $served_by; do
  if [ "$(cat "$folder/treadle-$name.stamp" 2>/dev/null)" = "$state" ]; then
    exit 0
  fi
done

if [ "$(cat "$folder/treadle-interpreter.stamp" 2>/dev/null)" != "$interpreter" ]; then
  make_environment
  echo "$interpreter" >"$folder/treadle-interpreter.stamp"
fi
echo "Installing treadle${extra:+[$extra]} into $folder. The first time this takes a minute or two." >&2
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
  --editable ".${extra:+[$extra]}" </dev/null || {
  echo "pip could not install treadle${extra:+[$extra]} into $folder, see above." >&2
  exit 1
}
echo "$state" >"$folder/treadle-${extra:-plain}.stamp"
