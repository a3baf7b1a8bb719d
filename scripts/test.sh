#!/usr/bin/env bash
# The one test command: formatting, lints, all Rust tests, the SDK, official clients, the browser tests.
#
# Needs cargo (rustup) and installs the rest itself on Debian, as root or with sudo. Elsewhere it
# lists what is missing and ends with 1; nothing is skipped. Run it as often as you like.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
step="the start"
finish() {
  local code=$?
  rm -rf "$work"
  if ((code != 0)); then
    printf '\nFAILED: %s\n' "$step" >&2
  fi
}
trap finish EXIT
# Profiles of browsers and directories of servers end with the run.
export TMPDIR=$work
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

began=$SECONDS
step_began=$SECONDS

begin() {
  step=$1
  step_began=$SECONDS
  printf '\n=== %s\n' "$step"
}

end() {
  printf -- '--- %s: ok, %d s\n' "$step" $((SECONDS - step_began))
}

run() {
  begin "$1"
  shift
  "$@"
  end
}

have() {
  command -v "$1" >/dev/null 2>&1
}

node_is_new_enough() {
  have node && [[ $(node -p 'Number(process.versions.node.split(".")[0]) >= 20' 2>/dev/null) == true ]]
}

find_chromium() {
  local candidate
  for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [[ -n $candidate ]] && have "$candidate"; then
      CHROMIUM=$(command -v "$candidate")
      export CHROMIUM
      return 0
    fi
  done
  return 1
}

# What apt has to bring, by name of its package.
wanted_packages() {
  have cc || echo gcc libc6-dev
  find_chromium || echo chromium
  # Any node brings npm's way to a newer one.
  if ! node_is_new_enough; then
    have npm || echo nodejs npm
  elif ! have npm; then
    echo npm
  fi
}

is_debian() {
  [[ -r /etc/os-release ]] && (. /etc/os-release && [[ $ID == debian ]])
}

# Prints the words that make a command run as root; fails where there are none.
as_root() {
  if [[ $(id -u) == 0 ]]; then
    echo env
  elif have sudo && sudo -n true 2>/dev/null; then
    echo sudo
  else
    return 1
  fi
}

prepare() {
  local packages root missing=()
  have cargo || missing+=("cargo: install Rust from https://rustup.rs")
  mapfile -t packages < <(wanted_packages | tr ' ' '\n')
  if ((${#packages[@]} > 0)); then
    if is_debian && root=$(as_root); then
      echo "installing: ${packages[*]}"
      $root apt-get update -q
      $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
    fi
  fi
  if ! node_is_new_enough && have npm; then
    echo "node is missing or older than 20: taking npm's package node@24 for this run"
    npm install --silent --no-audit --no-fund --prefix "$work/node" node@24
    PATH=$work/node/node_modules/node/bin:$PATH
  fi
  if have rustup; then
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
  fi
  if have cargo; then
    cargo fmt --version >/dev/null 2>&1 || missing+=("rustfmt: rustup component add rustfmt")
    cargo clippy --version >/dev/null 2>&1 || missing+=("clippy: rustup component add clippy")
  fi
  have cc || missing+=("a C compiler (cc)")
  node_is_new_enough || missing+=("node 20 or newer")
  have npm || missing+=("npm")
  find_chromium || missing+=("chromium (or CHROMIUM=/path/to/a/chromium)")
  if ((${#missing[@]} > 0)); then
    printf 'missing, and only installed by this script on Debian as root or with sudo:\n' >&2
    printf '  %s\n' "${missing[@]}" >&2
    return 1
  fi
}

# Types, its size, the conformance vectors, the real binary, a real browser.
javascript_sdk() (
  cd sdk/js
  npm ci --no-audit --no-fund
  RTMATE_BIN=$target/debug/rtmate npm test
)

official_clients() (
  cd scripts/pusher
  npm ci --no-audit --no-fund
  RTMATE_BIN=$target/debug/rtmate node --test
)

# What is sent to webhooks, verified by the official libraries.
webhook_receivers() (
  cargo build --locked -p adapters-webhook --example deliver
  cd scripts/webhooks
  npm ci --no-audit --no-fund
  RTMATE_DELIVER=$target/debug/examples/deliver node --test
)

# After the official clients: one of their libraries is loaded into a page here.
browser_tests() (
  cd scripts/browser
  npm ci --no-audit --no-fund
  RTMATE_BIN=$target/debug/rtmate node --test
)

run "prerequisites" prepare
run "formatting" cargo fmt --all --check
run "lints" cargo clippy --locked --workspace --all-targets -- -D warnings
# The corpora of the fuzz targets are replayed by tests of the crates that they fuzz.
run "Rust tests" cargo test --locked --workspace
run "the binary" cargo build --locked -p bootstrap
run "promises under disorder" "$target/debug/rtmate" verify --spawn --webhooks --seconds 60 --seed 1
run "JavaScript SDK" javascript_sdk
run "official Pusher clients" official_clients
run "webhook receivers" webhook_receivers
run "browser tests" browser_tests

printf '\nAll tests passed, %d s.\n' $((SECONDS - began))
