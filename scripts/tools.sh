# Sourced by the other scripts: finds or installs what building HDF5 and NetCDF from source needs (a C compiler, make and
# cmake >= 3.26), says what it does, and leaves them on PATH. Nothing is done where all is there.

say() { echo "hpda-data: $*" >&2; }

have() { command -v "$1" >/dev/null 2>&1; }

# cmake on PATH, new enough for HDF5 2 (which asks for 3.26)
cmake_fits() {
  have cmake || return 1
  version=$(cmake --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
  [ -n "$version" ] || return 1
  # shellcheck disable=SC2086
  set -- $version
  [ "$1" -gt 3 ] || { [ "$1" -eq 3 ] && [ "$2" -ge 26 ]; }
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else return 1; fi
}

apt_updated=no
apt_install() {
  have apt-get || return 1
  if [ "$apt_updated" = no ]; then
    as_root apt-get update -qq >/dev/null 2>&1 || return 1
    apt_updated=yes
  fi
  say "installing with apt: $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Debian 12's cmake is 3.25: apt only where its candidate is new enough.
apt_cmake_fits() {
  have apt-cache || return 1
  apt-cache policy cmake 2>/dev/null | sed -n 's/ *Candidate: *\([0-9]*\)\.\([0-9]*\).*/\1 \2/p' |
    { read -r major minor && { [ "$major" -gt 3 ] || [ "$minor" -ge 26 ]; }; }
}

pip_cmake() {
  venv=$root/target/tools/cmake
  if [ ! -x "$venv/bin/cmake" ]; then
    have python3 || apt_install python3 || return 1
    say "installing cmake with pip into target/tools/cmake"
    mkdir -p "$root/target/tools"
    python3 -m venv "$venv" >/dev/null 2>&1 || { rm -rf "$venv"; apt_install python3-venv && python3 -m venv "$venv" >/dev/null; } || return 1
    "$venv/bin/python" -m pip install -q --disable-pip-version-check 'cmake>=3.26,<5' || { rm -rf "$venv"; return 1; }
  fi
  PATH=$venv/bin:$PATH
}

find_tools() {
  have cargo || PATH=$HOME/.cargo/bin:$PATH
  have cargo || { say "cargo is missing: install Rust 1.91 or newer with rustup, then run this again"; exit 2; }
  if ! have cc || ! have c++ || ! have make; then
    apt_install build-essential || { have brew && xcode-select --install; } || { say "a C compiler and make are missing: install them, then run this again"; exit 2; }
  fi
  if ! cmake_fits; then
    say "cmake 3.26 or newer is needed to build HDF5 and NetCDF, and is not here"
    # The candidate is known only after an update of the lists.
    { have apt-get && [ "$apt_updated" = no ] && as_root apt-get update -qq >/dev/null 2>&1 && apt_updated=yes; } || true
    { apt_cmake_fits && apt_install cmake; } || { have brew && brew install cmake; } || pip_cmake ||
      { say "cmake could not be installed with apt, brew or pip: install it by hand, then run this again"; exit 2; }
    cmake_fits || { say "the cmake found is still too old"; exit 2; }
  fi
  export PATH
}

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root" || exit 2
find_tools
