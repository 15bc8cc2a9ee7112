# Sourced by run.sh and test.sh: brings what a fresh Debian or Ubuntu machine lacks, says what it does, and builds.
# After it: $root is the repository, $configuration the build configuration, $solution what was built.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
configuration=Release
artifacts="$root/artifacts"
mkdir -p "$artifacts"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

if [ -t 1 ]; then dim=$'\033[2m' bold=$'\033[1m' plain=$'\033[0m'; else dim="" bold="" plain=""; fi
say() { printf '%s· %s%s\n' "$dim" "$*" "$plain"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

need_tool() { # command, what to do
    command -v "$1" >/dev/null 2>&1 || die "$1 is missing; $2"
}

install_packages() { # Debian packages
    if [ "$(id -u)" = 0 ]; then sudo=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo="sudo"
    else die "missing package(s): $*. There is no root or password-less sudo here; install them with: sudo apt-get install $*"
    fi
    say "installing $* with apt-get"
    $sudo apt-get update -qq >"$artifacts/apt.log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" >>"$artifacts/apt.log" 2>&1 \
        || die "apt-get could not install $*; see $artifacts/apt.log"
}

have_library() { # file name
    local file
    for file in /usr/lib/softhsm/"$1" /usr/lib/*/softhsm/"$1" /usr/local/lib/softhsm/"$1" /usr/lib/*/"$1"; do
        [ -e "$file" ] && return 0
    done
    return 1
}

# The folder's lock file is the stamp: node_modules is brought again when it changes.
npm_bring() { # folder
    if ! cmp -s "$1/package-lock.json" "$1/node_modules/.byok-lock"; then
        say "installing $(basename "$1") with npm"
        (cd "$1" && npm ci --no-audit --no-fund --loglevel=error >"$artifacts/npm-$(basename "$1").log" 2>&1) \
            || die "npm could not install $(basename "$1"); see $artifacts/npm-$(basename "$1").log"
        cp "$1/package-lock.json" "$1/node_modules/.byok-lock"
    fi
}

# Microsoft's packages are not on every feed. There are three ways: everything; without the Key Vault client; without the Functions app too.
choose_solution() {
    local stamp="$artifacts/azure-packages" log="$artifacts/azure-packages.log" key answer=without-functions
    key="$(cksum <"$root/Directory.Packages.props") ${RestoreAdditionalProjectSources:-} ${NUGET_PACKAGES:-} ${KeyVaultKeysVersion:-} ${KeyVaultClient:-}"
    if [ ! -f "$stamp" ] || [ "$(sed -n 2p "$stamp")" != "$key" ]; then
        say "looking which of Microsoft's packages for Functions and Key Vault can be had"
        : >"$log"
        restores() { dotnet restore "$root/src/$1/$1.csproj" -v q >>"$log" 2>&1; }
        if [ "${KeyVaultClient:-true}" = true ] && restores Byok.KeyVault && restores ByokFunctions; then answer=everything
        elif KeyVaultClient=false restores ByokFunctions; then answer=without-key-vault-client
        fi
        rm -f "$artifacts"/built-* # built by another choice
        printf '%s\n%s\n' "$answer" "$key" >"$stamp"
    fi
    case "$(sed -n 1p "$stamp")" in
        everything)
            solution=ByokFunctions.sln ;;
        without-key-vault-client)
            export KeyVaultClient=false
            solution=ByokFunctions.WithoutKeyVault.slnf
            say "left out: Byok.KeyVault, because this package feed lacks Azure.Security.KeyVault.Keys (artifacts/azure-packages.log); the app is built without it, for its tests" ;;
        *)
            solution=ByokFunctions.Local.slnf
            say "left out: ByokFunctions and Byok.KeyVault, because this package feed lacks Microsoft's packages for them (artifacts/azure-packages.log); all else is built" ;;
    esac
}

build() { # project or solution
    local stamp="$artifacts/built-$(basename "$1")"
    if [ -f "$stamp" ] && [ -z "$(find "$root" \( -name bin -o -name obj -o -name node_modules -o -name artifacts -o -name .byok -o -name .git \) -prune \
            -o -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.targets' -o -name '*.txt' -o -name '*.json' -o -name '*.sln' -o -name '*.slnf' \) -newer "$stamp" -print -quit)" ]; then
        return
    fi
    say "building $1 ($configuration)"
    (cd "$root" && dotnet build "$1" -c "$configuration" -v q -nologo >"$artifacts/build.log" 2>&1) \
        || { { grep -E ': error ' "$artifacts/build.log" || grep -E 'error|warning' "$artifacts/build.log"; } | sort -u | head -30 >&2; die "the build failed; see $artifacts/build.log"; }
    touch "$stamp"
}

need_tool dotnet "install the .NET 10 SDK (https://dot.net/download)"
dotnet --list-sdks 2>/dev/null | grep -q '^10\.' || die ".NET SDK 10 is missing; found: $(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ')"
missing=()
command -v node >/dev/null 2>&1 || missing+=(nodejs)
command -v npm >/dev/null 2>&1 || missing+=(npm)
have_library libsofthsm2.so || missing+=(softhsm2)
[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
npm_bring "$root/tools/azurite"
