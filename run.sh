#!/usr/bin/env bash
# The main job on one machine: a key leaves the HSM wrapped, a file goes through the pipeline, and comes back.
set -euo pipefail
case "${1:-}" in
    -h | --help)
        echo "usage: ./run.sh [FILE ...]    protects each FILE (or one that it makes) with a key brought from the HSM, and reads it back"
        exit 0 ;;
esac
unset CDPATH
from=$PWD

# A file's name for people, by the rule of the command line: control and format characters, line separators and what is no UTF-8 would act on the terminal or
# hide. A name that has any is quoted for the shell, every byte beyond ASCII too.
shown() {
    if printf '%s' "$1" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 && ! printf '%s' "$1" | LC_ALL=C.UTF-8 grep -qzP '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]'; then
        printf '%s' "$1"
    else
        LC_ALL=C
        printf '%q' "$1"
    fi
}
files=()
for file in "$@"; do
    [ -f "$file" ] && [ -r "$file" ] || { echo "error: '$(shown "$file")' is not a file that can be read" >&2; exit 1; }
    case $file in /*) ;; *) file=$from/$file ;; esac
    files+=("$file")
done
case ${BYOK_HOME:-/} in /*) ;; *) BYOK_HOME=$from/$BYOK_HOME ;; esac # what is relative, is so to where the user stands
cd -- "$(dirname -- "$(readlink -f -- "$0")")"
began=$SECONDS
. scripts/setup.sh
build src/Byok.Cli/Byok.Cli.csproj
export BYOK_HOME="${BYOK_HOME:-$root/.byok}"

# What a file is called as a blob: what cannot stand in a blob's name becomes _, and no two files of one run get one name.
declare -A taken=()
choose_name() { # file; sets $name
    local base number=1
    base=$(printf '%s' "${1##*/}" | iconv -c -f UTF-8 -t UTF-8 2>/dev/null | tr '\001-\037\177\\' '_' || true)
    case $base in "" | *.) base="${base%.}_" ;; esac
    name=$base
    while [ -n "${taken["/$name"]:-}" ]; do name="$base.$((++number))"; done
    taken["/$name"]=yes
    [ "$name" = "${1##*/}" ] || say "$(shown "$1") is kept as '$(shown "$name")'"
}

heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/byok-run.XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ ${#files[@]} -eq 0 ]; then
    say "no file given: making one of 24 MiB"
    file="$work/sample.txt"
    yes "The quick brown fox guards the master key." | head -c $((24 * 1024 * 1024)) >"$file" || true
    files=("$file")
fi

heading "1. The local stack"
./byok up
set_up=$((SECONDS - began))

key=customer-key
heading "2. Bring the key: from the HSM to the vault, wrapped"
if ./byok key list --json | grep -q "\"name\": \"$key\""; then
    say "'$key' is in the vault already"
else
    ./byok key bring "$key"
fi
./byok key list

summary=()
for file in "${files[@]}"; do
    choose_name "$file"
    source=$file
    if ! printf '%s' "$file" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1; then # .NET opens no such path
        source=$work/in
        ln -sfn -- "$file" "$source"
    fi
    heading "3. Protect $(shown "$name")"
    ./byok blob encrypt "$source" --name="$name" --key "$key" --overwrite
    heading "4. What is stored"
    ./byok blob inspect -- "$name"
    heading "5. Read it back"
    ./byok blob decrypt -o "$work/out" -- "$name"
    cmp -s -- "$file" "$work/out" || { echo "error: '$(shown "$file")' did not come back identical" >&2; exit 1; }
    rm -f "$work/out"
    summary+=("$(printf '  %-40s %14s bytes   came back identical' "$(shown "$name")" "$(stat -c %s -- "$file")")")
done

heading "Done"
printf '%s\n' "${summary[@]}"
echo "  The master key never left a token in the clear; the vault holds it now, and only it opens these blobs."
echo "  Set-up took ${set_up} s, all together $((SECONDS - began)) s. Next: ./byok status, ./byok blob list, ./byok key list, ./byok down"
