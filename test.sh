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
mkdir -p artifacts/tests
passed=0 failed=0 skipped=0 broken=()
for project in tests/*.Tests; do
    name=$(basename "$project")
    assembly="$project/bin/$configuration/net10.0/$name.dll"
    [ -f "$assembly" ] || continue
    grep -q "$name" "$solution" || [ "$solution" = ByokFunctions.sln ] || continue
    log="artifacts/tests/$name.log"
    started=$SECONDS
    result=0
    dotnet test "$assembly" --nologo --filter "$filter" --blame-hang-timeout 10m --results-directory artifacts/tests >"$log" 2>&1 || result=$?
    summary=$(grep -E '^(Passed|Failed)! ' "$log" | tail -1 || true)
    count() { sed -nE "s/.*$1: +([0-9]+).*/\1/p" <<<"$summary"; }
    p=$(count Passed) f=$(count Failed) s=$(count Skipped)
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
    printf '  %-28s %5s passed %4s failed %4s skipped %5ss\n' "$name" "${p:-0}" "${f:-0}" "${s:-0}" $((SECONDS - started))
    if [ "$result" != 0 ] || [ -z "$summary" ]; then
        broken+=("$name")
        [ "${f:-0}" != 0 ] || failed=$((failed + 1)) # a run that broke off counts as a failure
        grep -E -A 12 '^\s+Failed |error|Unhandled|aborted' "$log" | head -80 >&2 || true
    fi
done

[ ${#broken[@]} -eq 0 ] || echo "failed in: ${broken[*]} (logs in artifacts/tests)"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
