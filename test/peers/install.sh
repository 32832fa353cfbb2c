#!/usr/bin/env bash
# Installs what `npm run test:peers` checks OpenCCM with: on Debian and its derivatives, as root.
# Programs come from Debian; Python and Go ones go into $OPENCCM_TEST_PEERS_DIR (default: .peers in the project, git-ignored),
# so nothing but Debian packages stays on the machine once that folder is deleted. Needs Python 3.10+, Go 1.24+ and Cargo 1.70+
# on the PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=${OPENCCM_TEST_PEERS_DIR:-$PWD/.peers}
zlint_version=v3.6.1
# Speaks S3 from a folder, checks signatures and hashes; MinIO does the same but takes more than twice as long to build.
versitygw_version=v1.8.0
# The release of OpenSSL is what follows the first dot.
openssl_source_version=300.5.5
bouncy_castle_version=1.82

fail() {
  echo "install.sh: $*" >&2
  exit 1
}
command -v apt-get >/dev/null || fail 'apt-get is missing; install by hand: bind9 dig nsupdate openssl curl unzip nginx haproxy cfssl pebble softhsm2 keytool, and what follows in this file'
command -v python3 >/dev/null || fail 'python3 is missing'
command -v go >/dev/null || fail 'go is missing'
command -v cargo >/dev/null || fail 'cargo is missing'

packages=(bind9 bind9-dnsutils ca-certificates curl gcc golang-cfssl haproxy jq libc6-dev make nginx openssl pebble perl softhsm2 unzip)
command -v javac >/dev/null || packages+=(default-jdk-headless)
command -v mvn >/dev/null || packages+=(maven)
python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "${packages[@]}"

mkdir -p "$peers"
python3 -m venv "$peers/venv"
pip=("$peers/venv/bin/pip" install --quiet --disable-pip-version-check)
"${pip[@]}" -r test/peers/python/requirements.txt
# Without its dependency on a C implementation of Twofish, which is for a kind of store that is not used here.
"${pip[@]}" --no-deps pyjks==20.0.0
GOBIN=$peers/bin GOFLAGS=-mod=mod go install "github.com/zmap/zlint/v3/cmd/zlint@$zlint_version"
GOBIN=$peers/bin GOFLAGS=-mod=mod go install "github.com/versity/versitygw/cmd/versitygw@$versitygw_version"

for library in bcprov bcutil bcpkix; do
  mvn -q -B dependency:copy -Dartifact="org.bouncycastle:$library-jdk18on:$bouncy_castle_version" \
    -DoutputDirectory="$peers/java" -Dmdep.useBaseVersion=true >/dev/null
done

# An OpenSSL that knows ML-DSA, from 3.5 on. Where Debian's is older it is built, in a minute or two, from the source that a crate carries.
build_openssl() {
  local folder=$1
  printf '[package]\nname = "peers"\nversion = "0.0.0"\n[lib]\npath = "lib.rs"\n[dependencies]\nopenssl-src = "=%s"\n' \
    "$openssl_source_version" >"$folder/Cargo.toml"
  touch "$folder/lib.rs"
  (cd "$folder" && cargo vendor --quiet vendor >/dev/null) &&
    cd "$folder/vendor/openssl-src/openssl" &&
    ./Configure --release --openssldir=/etc/ssl no-shared no-module no-tests no-docs no-quic no-engine &&
    make -s -j2 build_programs &&
    install -s apps/openssl "$peers/bin/openssl-3.5"
}
knows_ml_dsa() { "$1" list -signature-algorithms 2>/dev/null | grep -q ML-DSA-44; }
if knows_ml_dsa openssl; then
  ln -sf "$(command -v openssl)" "$peers/bin/openssl-3.5"
elif ! knows_ml_dsa "$peers/bin/openssl-3.5"; then
  build=$(mktemp -d)
  trap 'rm -rf "$build"' EXIT
  (build_openssl "$build") >"$build/log" 2>&1 || fail "OpenSSL could not be built: $(tail -n 20 "$build/log")"
fi
echo "the peers are installed; what is not from Debian in $peers"
