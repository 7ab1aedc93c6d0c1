#!/bin/sh
# esbuild 0.28.2, Node 20, Linux.
#
# Expected: `buildSync` is over when it returns, and `stop()` ends what the package keeps running for later calls.
# Seen: after both, the compiler's process still lives, as a child of a worker thread, until this process ends. With
# ESBUILD_WORKER_THREADS=0 before the package is loaded `buildSync` runs a program that has ended when it returns.
#
#   after buildSync and stop(): 1 child
#   with ESBUILD_WORKER_THREADS=0: 0 children
#
# So a program that compiles something at its start and then runs for hours keeps a compiler beside it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit esbuild@0.28.2
echo 'export const one: number = 1' >one.ts
cat >look.js <<'SCRIPT'
const { readdirSync, readFileSync } = require('node:fs');
const { buildSync, stop } = require('esbuild');

const children = () =>
  readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter((pid) => pid !== ''),
  );
buildSync({ entryPoints: ['one.ts'], write: false });
void Promise.resolve(stop()).then(() => setTimeout(() => console.log(children().length), 3_000));
SCRIPT
expected='after buildSync and stop(): 1 child
with ESBUILD_WORKER_THREADS=0: 0 children'
seen="after buildSync and stop(): $(env -u ESBUILD_WORKER_THREADS node look.js) child
with ESBUILD_WORKER_THREADS=0: $(ESBUILD_WORKER_THREADS=0 node look.js) children"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed' >&2 && exit 1; }
