#!/usr/bin/env bash
# Measures; every figure is a ratio within one run.
set -euo pipefail
cd "$(dirname "$0")"
. scripts/setup.sh
build bench/Byok.Bench/Byok.Bench.csproj
exec dotnet bench/Byok.Bench/bin/Release/net10.0/byok-bench.dll "$@"
