#!/bin/sh
# Make sure that the given python can make virtual environments; install the piece as root, else name it.
set -eu
python=$1
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Safeconduct needs Python 3.11 or newer, found $("$python" -V)." >&2; exit 1; }
"$python" -c 'import ensurepip, venv' 2>/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && apt-get install -y -qq python3-venv
else
  echo "Python's venv module is missing. Please run:  sudo apt-get install python3-venv" >&2
  exit 1
fi
