#!/usr/bin/env bash
# Judges the WebSocket transport by Autobahn's fuzzing client: RFC 6455, and compression (RFC 7692)
# in its cases 12.* and 13.*. Needs Python 2.7, for which Autobahn's test suite is written.
#
#   scripts/autobahn.sh                              builds and judges the dev profile
#   RTMATE_BIN=target/release/rtmate scripts/autobahn.sh
#   PYTHON2=/opt/python2.7/bin/python scripts/autobahn.sh
#   AUTOBAHN_LIB=~/.cache/autobahn scripts/autobahn.sh   keeps the installed suite for the next run
#   AUTOBAHN_REPORT=report scripts/autobahn.sh       keeps Autobahn's own report
#   AUTOBAHN_CASES='"1.*","7.1.*"' scripts/autobahn.sh   only these cases
set -euo pipefail
cd "$(dirname "$0")/.."

SUITE=autobahntestsuite==0.8.2
# What 0.8.2 has: fewer means that the suite did not run.
ALL_CASES=517

fail() {
  echo "autobahn.sh: $*" >&2
  exit 1
}

find_python() {
  local candidate
  for candidate in "${PYTHON2:-}" python2.7 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7.*/bin/python; do
    if [[ -n $candidate ]] && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 2.7 is needed (pyenv install 2.7.18) and was not found; PYTHON2 names one"
}

work=$(mktemp -d)
server=
clean_up() {
  if [[ -n $server ]]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

python=$(find_python)
lib=${AUTOBAHN_LIB:-$work/lib}
mkdir -p "$lib"
lib=$(cd "$lib" && pwd)
# Packages of a --target folder that share a namespace are found by its .pth files only.
suite='import site, sys; site.addsitedir(sys.argv.pop(1)); from autobahntestsuite.wstest import run'
if ! "$python" -c "$suite" "$lib" >/dev/null 2>&1; then
  echo "installing $SUITE for $("$python" --version 2>&1)"
  "$python" -m pip install --quiet --target "$lib" "$SUITE" >"$work/pip.log" 2>&1 ||
    { cat "$work/pip.log" >&2; fail "$SUITE could not be installed"; }
fi

if [[ -z ${RTMATE_BIN:-} ]]; then
  cargo build --locked -p bootstrap
  RTMATE_BIN=${CARGO_TARGET_DIR:-target}/debug/rtmate
fi
bin=$(realpath "$RTMATE_BIN")

# In a directory of its own, so that no rtmate.toml of the caller is read.
exec {printed}< <(
  cd "$work"
  RTMATE__DEBUG__ECHO=true exec "$bin" --listen 127.0.0.1:0 --ephemeral 2>"$work/server.log"
)
server=$!
read -r -t 20 banner <&"$printed" || { cat "$work/server.log" >&2; fail "the server did not start"; }
address=$(grep -oE '127\.0\.0\.1:[0-9]+' <<<"$banner") || fail "no address in: $banner"
url=ws://$address/debug/echo
echo "judging $url"

report=${AUTOBAHN_REPORT:-$work/report}
mkdir -p "$report"
report=$(cd "$report" && pwd)
cat >"$work/spec.json" <<SPEC
{
  "outdir": "$report",
  "servers": [{"agent": "rtmate", "url": "$url"}],
  "cases": [${AUTOBAHN_CASES:-\"*\"}],
  "exclude-cases": [],
  "exclude-agent-cases": {}
}
SPEC
(cd "$work" && "$python" -c "$suite; run()" "$lib" \
  -m fuzzingclient -s "$work/spec.json") >"$work/wstest.log" 2>&1 ||
  { tail -n 30 "$work/wstest.log" >&2; fail "the fuzzing client broke off"; }

least=$ALL_CASES
[[ -z ${AUTOBAHN_CASES:-} ]] || least=1
"$python" - "$report/index.json" "$least" <<'PYTHON'
import collections, json, sys

path, least = sys.argv[1], int(sys.argv[2])
cases = json.load(open(path))["rtmate"]
counts = collections.Counter(case["behavior"] for case in cases.values())
print("%d cases: %s" % (len(cases), ", ".join("%d %s" % (n, b) for b, n in sorted(counts.items()))))
number = lambda case: [int(part) for part in case.split(".")]
bad = [
    case for case in sorted(cases, key=number)
    if any(cases[case][key] not in ("OK", "NON-STRICT", "INFORMATIONAL") for key in ("behavior", "behaviorClose"))
]
for case in bad:
    print("case %s: %s, close %s" % (case, cases[case]["behavior"], cases[case]["behaviorClose"]))
if len(cases) < least:
    print("only %d of %d cases were run" % (len(cases), least))
sys.exit(bool(bad) or len(cases) < least)
PYTHON
