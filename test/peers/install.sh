#!/usr/bin/env bash
# Installs what `npm run test:peers` checks OpenCCM with: on Debian and its derivatives, as root.
# Programs come from Debian; Python and Go ones go into $OPENCCM_TEST_PEERS_DIR (default: .peers in the project, git-ignored),
# so nothing but Debian packages stays on the machine once that folder is deleted. Needs Python 3.10+ and Go 1.24+ on the PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=${OPENCCM_TEST_PEERS_DIR:-$PWD/.peers}
zlint_version=v3.6.1
# Speaks S3 from a folder, checks signatures and hashes; MinIO does the same but takes more than twice as long to build.
versitygw_version=v1.8.0

fail() {
  echo "install.sh: $*" >&2
  exit 1
}
command -v apt-get >/dev/null || fail 'apt-get is missing; install by hand: openssl curl unzip nginx cfssl softhsm2 keytool, and what follows in this file'
command -v python3 >/dev/null || fail 'python3 is missing'
command -v go >/dev/null || fail 'go is missing'

packages=(ca-certificates curl golang-cfssl jq nginx openssl softhsm2 unzip)
command -v keytool >/dev/null || packages+=(default-jre-headless)
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
echo "the peers are installed; those of Python and Go in $peers"
