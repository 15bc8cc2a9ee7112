#!/usr/bin/env bash
# Everything proven: builds without warnings, code style, all tests. --long adds the long ones.
set -euo pipefail
cd "$(dirname "$0")"
long=no
for argument in "$@"; do
    case "$argument" in
        --long) long=yes ;;
        -h | --help) echo "usage: ./test.sh [--long]    runs all tests; --long adds those that take more than minutes"; exit 0 ;;
        *) echo "usage: ./test.sh [--long]" >&2; exit 2 ;;
    esac
done
. scripts/setup.sh
have_library libsoftokn3.so || install_packages libnss3
choose_solution
build "$solution"

say "checking white space (the build holds all other style rules)"
dotnet format whitespace "$solution" --verify-no-changes --no-restore >artifacts/format.log 2>&1 \
    || { grep -m 20 -E 'error|warning' artifacts/format.log >&2; die "the white space differs; run: dotnet format whitespace $solution"; }

filter="Category!=Long"
[ "$long" = no ] || filter="FullyQualifiedName~."
results=artifacts/tests
rm -rf "$results" && mkdir -p "$results"

run_project() { # name
    local name=$1 log="$results/$1.log" started=$SECONDS code=0 summary p f s
    dotnet test "tests/$name/bin/$configuration/net10.0/$name.dll" --nologo --filter "$filter" --logger "console;verbosity=normal" --blame-hang-timeout "$patience" \
        --results-directory "$results/$name" >"$log" 2>&1 || code=$?
    summary=$(grep -E '^(Total tests:|     (Passed|Failed|Skipped):)' "$log" || true)
    count() { sed -nE "s/^ +$1: ([0-9]+).*/\1/p" <<<"$summary"; }
    p=$(count Passed) f=$(count Failed) s=$(count Skipped)
    printf '  %-28s %5s passed %4s failed %4s skipped %5ss\n' "$name" "${p:-0}" "${f:-0}" "${s:-0}" $((SECONDS - started))
    if [ "$code" != 0 ] || [ -z "$summary" ]; then
        [ "${f:-0}" != 0 ] || f=1 # a run that broke off counts as a failure
        grep -E -A 12 '^\s+Failed |error|Unhandled|aborted' "$log" | head -80 >&2 || true
    fi
    echo "${p:-0} ${f:-0} ${s:-0} $name" >"$results/$name.count"
}
patience=10m
[ "$long" = no ] || patience=3h
export -f run_project
export configuration filter results patience

# Two at a time, because many tests wait for processes; the longest first, so that no long one is left for the end.
for name in Byok.EndToEnd.Tests Byok.Cli.Tests Byok.Pipeline.Tests $(cd tests && ls -d *.Tests); do
    [ -f "tests/$name/bin/$configuration/net10.0/$name.dll" ] || continue
    [ "$solution" = ByokFunctions.sln ] || grep -q "$name" "$solution" || continue
    echo "$name"
done | awk '!seen[$0]++' | xargs -P 2 -I{} bash -c 'SECONDS=0; run_project {}'

read -r passed failed skipped < <(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' "$results"/*.count)
[ "$failed" = 0 ] || echo "failed in: $(awk '$2 > 0 { printf "%s ", $4 }' "$results"/*.count)(logs in $results)"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
