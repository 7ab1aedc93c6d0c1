#!/bin/sh
# jest 30.5.2.
#
# Expected: where a row of `it.each` is shorter than the test function's parameters, the rest is undefined, as everywhere in
# JavaScript: optional last columns may be left out.
# Seen: the first missing argument is jest's `done`, as if the test wanted to say when it is over; the others are undefined.
# A test that knows nothing of it runs into the time limit, also an `async` one, which jest refuses elsewhere ("cannot both
# take a 'done' callback and return something").
#
#   a full row: passed
#   one argument missing: failed, Exceeded timeout
#   one argument missing, async: failed, Exceeded timeout
#   two arguments missing: function, undefined
#
# A default value (`more = {}`) hides the parameter from jest, which counts by `Function.length`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit jest@30.5.2
cat >rows.test.js <<'SCRIPT'
it.each([['a', 1]])('a full row', (name, more) => expect([name, more]).toEqual(['a', 1]));
it.each([['a']])('one argument missing', (name, more) => void expect(name).toBe('a'), 200);
it.each([['a']])('one argument missing, async', async (name, more) => expect(name).toBe('a'), 200);
it.each([['a']])('two arguments missing', (name, more, most) => {
  require('node:fs').writeFileSync('kinds', `${typeof more}, ${typeof most}`);
  more();
});
SCRIPT
cat >tell.js <<'SCRIPT'
const { testResults } = JSON.parse(require('node:fs').readFileSync('result.json', 'utf8'));
const why = /Exceeded timeout/;
for (const { title, status, failureMessages } of testResults[0].assertionResults) {
  if (title.startsWith('two')) {
    console.log(`${title}: ${require('node:fs').readFileSync('kinds', 'utf8')}`);
    continue;
  }
  const reason = why.exec(failureMessages.join())?.[0];
  console.log(`${title}: ${status}${status === 'passed' ? '' : `, ${reason}`}`);
}
SCRIPT
npx jest --json --outputFile result.json >/dev/null 2>&1 || true
expected="a full row: passed
one argument missing: failed, Exceeded timeout
one argument missing, async: failed, Exceeded timeout
two arguments missing: function, undefined"
seen=$(node tell.js)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed' >&2 && exit 1; }
