#!/bin/sh
# Make sure that the given python can make virtual environments; install the piece as root, else name it.
set -eu
python=$1
command -v "$python" >/dev/null || { echo "Safeconduct needs Python 3.11 or newer; there is no $python." >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "Safeconduct needs Python 3.11 or newer, found $("$python" -V); name another one with PYTHON=." >&2; exit 1; }
"$python" -c 'import ensurepip, venv' 2>/dev/null && exit 0
package=$("$python" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))')
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing $package"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package" >/dev/null
else
  echo "Python's venv module is missing. Please run:  sudo apt-get install $package" >&2
  exit 1
fi
