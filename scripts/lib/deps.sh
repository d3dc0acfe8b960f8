# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What Rivero needs from Debian 12, in one place. To be sourced:
#
#   need_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
#   need_node

# Faster than OpenSSL for packets; for Intel's and AMD's processors only.
PACKET_CIPHERS=()
if [[ $(uname -m) == x86_64 ]]; then PACKET_CIPHERS=(libipsec-mb-dev); fi

BUILD_PACKAGES=(
    build-essential cmake ninja-build pkg-config ccache lld
    libboost-dev                        # Asio and Beast, headers only: WebSocket and HTTP
    libexpected-dev                     # tl::expected
    libgstreamer1.0-dev
    libgstreamer-plugins-base1.0-dev
    libnice-dev                         # ICE
    "${PACKET_CIPHERS[@]}"
    libspdlog-dev
    libsrtp2-dev
    libssl-dev                          # DTLS and the ciphers of SRTP
    nlohmann-json3-dev
    libgtest-dev libgmock-dev           # the presets build the tests, too
)

# GStreamer opens these when media has to be decoded, encoded or read from a file.
RUN_PACKAGES=(
    gstreamer1.0-plugins-base
    gstreamer1.0-plugins-good
    gstreamer1.0-plugins-bad
    gstreamer1.0-plugins-ugly           # x264
    gstreamer1.0-libav                  # AAC, H.264 and H.265 decoders
)

TEST_PACKAGES=(
    ca-certificates                     # for npm
    chromium                            # the browser of the end-to-end tests
    coturn                              # STUN and TURN server; its service is of no use here: systemctl disable --now coturn
    firefox-esr                         # the other browser
    ffmpeg                              # looks at what was recorded
    gstreamer1.0-tools
    openssl                             # makes certificates for tests
    python3
)

# scripts/fuzz, and the fuzz targets in scripts/test.
FUZZ_PACKAGES=(
    clang
    libclang-rt-14-dev                  # libFuzzer and the sanitizers of clang 14
    python3
)

# scripts/lint.
LINT_PACKAGES=(clang clang-format clang-tidy)

# As Debian has them; a node of another origin (18 or newer) brings its own npm.
NODE_PACKAGES=(nodejs npm)
NODE_MIN_MAJOR=18

say() { printf '== %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo: $*"
    fi
}

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null || true) == installed ]]
}

# need_packages NAME...: installs those that are missing. Asks apt for nothing when none is.
need_packages() {
    command -v dpkg-query >/dev/null || die "this is not Debian: please install by hand what $* are called here"
    local missing=() name
    for name in "$@"; do
        is_installed "$name" || missing+=("$name")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    say "installing from Debian: ${missing[*]}"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" ||
        die "could not install: ${missing[*]}"
}

need_node() {
    if ! command -v node >/dev/null; then
        need_packages "${NODE_PACKAGES[@]}"
    fi
    command -v npm >/dev/null || need_packages npm
    local major
    major=$(node --print 'process.versions.node.split(".")[0]')
    [[ $major -ge $NODE_MIN_MAJOR ]] || die "Node $NODE_MIN_MAJOR or newer is needed; $(command -v node) is $(node --version)"
}
