#!/bin/sh
# usage: download.sh --from URL [--version VERSION] [--sha256 HASH] [--to FOLDER]
#
# Installs headway in any Linux image that has a shell, curl or wget, and sha256sum (or shasum, or
# openssl). What was downloaded is installed only if it has the pinned hash; when it is there
# already, nothing is downloaded. Needs no root.
#   --from      where the files of a release are; the file is URL/headway-VERSION-linux-ARCH
#   --version   which release
#   --sha256    the program's hash, from SHA256SUMS of that release
#   --to        the folder [/usr/local/bin, or ~/.local/bin where that is not writable]
# The copy that comes with a release has its version and hash filled in below.
#
# Exit codes: 0 installed, or there already; 1 failed; 2 usage; 3 the hash is another.
set -eu

version=
sha256_x86_64=
sha256_aarch64=

attempts=3
pause=2 # seconds, doubled each time

say() { printf 'headway: %s\n' "$1" >&2; }

die() { # exit code, what, why, way out
    printf 'headway: error: %s\n  because: %s\n  try: %s\n' "$2" "$3" "$4" >&2
    exit "$1"
}

has() { command -v "$1" >/dev/null 2>&1; }

hash_of() { # file
    if has sha256sum; then
        sha256sum <"$1" | cut -d ' ' -f 1
    elif has shasum; then
        shasum -a 256 <"$1" | cut -d ' ' -f 1
    else
        openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
    fi
}

# Leaves the file in $part and what was said in $part.log. Asked once, bounded in time and size.
fetch() { # url
    if has curl; then
        curl --fail --silent --show-error --location --max-redirs 5 --connect-timeout 20 \
            --max-time 300 --max-filesize 104857600 --output "$part" "$1" 2>"$part.log"
    elif wget --version 2>/dev/null | grep -q GNU; then
        wget --tries=1 --timeout=60 --no-verbose -O "$part" "$1" 2>"$part.log"
    elif has timeout; then
        # Busybox: its -T ends some builds of it with a signal.
        timeout 300 wget -O "$part" "$1" 2>"$part.log"
    else
        wget -O "$part" "$1" 2>"$part.log"
    fi
}

# Whether the server has refused for good: a status of 400 to 499, but for 408 and 429.
refused() {
    grep -E '(error: |ERROR |HTTP/[0-9.]+ )4[0-9][0-9]' "$part.log" |
        grep -qvE '(error: |ERROR |HTTP/[0-9.]+ )4(08|29)'
}

download() { # url
    attempt=1
    until fetch "$1"; do
        reason=$(grep -v '^[[:space:]]*$' "$part.log" | tail -n 1)
        rm -f "$part"
        if refused || [ "$attempt" -ge "$attempts" ]; then
            die 1 "$1 cannot be downloaded" "${reason:-the connection ended} (attempt $attempt of $attempts)" \
                "check --from and --version, and whether this job may reach that server"
        fi
        say "attempt $attempt of $attempts: ${reason:-the connection ended}; again in $pause s"
        sleep "$pause"
        attempt=$((attempt + 1))
        pause=$((pause * 2))
    done
}

usage() { # what is wrong
    die 2 "$1" "download.sh --from URL [--version VERSION] [--sha256 HASH] [--to FOLDER]" \
        "take both values from SHA256SUMS of the release"
}

parse() { # argument…
    from='' to='' sha256=''
    while [ $# -gt 0 ]; do
        if [ $# -lt 2 ] || [ -z "$2" ]; then usage "$1 has no value"; fi
        case $1 in
            --from) from=${2%/} ;;
            --version) version=$2 ;;
            --sha256) sha256=$2 ;;
            --to) to=${2%/} ;;
            *) usage "unknown option $1" ;;
        esac
        shift 2
    done
    [ "$(uname -s)" = Linux ] || die 1 "headway cannot be installed here" "it is for Linux, this is $(uname -s)" \
        "run the job in a Linux image"
    arch=$(uname -m)
    if [ -z "$sha256" ]; then
        case $arch in
            x86_64) sha256=$sha256_x86_64 ;;
            aarch64) sha256=$sha256_aarch64 ;;
        esac
    fi
    [ -n "$from" ] || usage "--from is missing"
    [ -n "$version" ] || usage "--version is missing"
    [ -n "$sha256" ] || usage "--sha256 is missing"
    case $version in *[!0-9A-Za-z.+-]*) usage "--version $version is no version" ;; esac
    sha256=$(printf '%s' "$sha256" | tr 'A-F' 'a-f')
    case $sha256 in *[!0-9a-f]*) usage "--sha256 $sha256 is no SHA-256" ;; esac
    [ "${#sha256}" -eq 64 ] || usage "--sha256 $sha256 is no SHA-256"
    if [ -z "$to" ]; then
        to=/usr/local/bin
        [ -w "$to" ] || to=${HOME:-/tmp}/.local/bin
    fi
}

main() {
    parse "$@"
    has sha256sum || has shasum || has openssl || die 1 "headway was not installed" \
        "its hash cannot be checked: there is no sha256sum, shasum or openssl here" \
        "install coreutils, or use an image that has one of them"
    if [ -f "$to/headway" ] && [ "$(hash_of "$to/headway")" = "$sha256" ]; then
        say "$to/headway is version $version already"
        return
    fi
    has curl || has wget || die 1 "headway was not installed" "there is no curl and no wget here" \
        "install one of them, or use an image that has it"
    mkdir -p "$to" 2>/dev/null || true
    [ -w "$to" ] || die 1 "headway was not installed" \
        "$to is not writable for $(id -un 2>/dev/null || id -u)" "--to FOLDER, with a folder of your own"
    # In the same folder, so that a program is there whole, or not at all.
    part=$to/.headway.$$
    trap 'rm -f "$part" "$part.log"' EXIT
    trap 'exit 1' HUP INT TERM
    download "$from/headway-$version-linux-$arch"
    found=$(hash_of "$part")
    [ "$found" = "$sha256" ] || die 3 "headway was not installed: $from/headway-$version-linux-$arch is not what was pinned" \
        "its SHA-256 is $found, and not $sha256" \
        "compare with SHA256SUMS of the release, and find out who has changed the file before you pin it"
    chmod 755 "$part"
    mv -f "$part" "$to/headway"
    "$to/headway" --version >/dev/null 2>&1 || die 1 "$to/headway does not run here" \
        "it has the pinned hash; the folder may be mounted noexec" "--to FOLDER, with another folder"
    say "version $version is in $to/headway"
    case ":$PATH:" in
        *":$to:"*) ;;
        *) say "it is not in PATH: export PATH=\"$to:\$PATH\"" ;;
    esac
}

main "$@"
