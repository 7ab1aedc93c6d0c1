'use strict';
const { existsSync, readdirSync, statSync } = require('node:fs');

/** What is compiled itself, and of which a change changes everything. */
const COMPILER = 'src/start/compile.cjs';
/** The bench measures with some of what the tests are made of. */
const FOLDERS = ['src', 'bench', 'docs/recording', '__tests__/support'];
/** What of `src` is read by its place beside the code. */
const DATA = /^src\/.*\.(py|sh|awk|sql)$/;

/**
 * Every source of the package by the name that it has in `dist`: `src/errors.js` → `src/errors.ts`. What is no
 * TypeScript, such as a script in Python, has the same name there.
 */
function sourcesOf(root) {
  const found = new Map([
    ['main.js', 'main.ts'],
    [COMPILER, COMPILER],
  ]);
  for (const file of FOLDERS.flatMap((folder) => filesBelow(root, folder))) {
    if (file.endsWith('.ts')) found.set(`${file.slice(0, -3)}.js`, file);
    else if (DATA.test(file)) found.set(file, file);
  }
  return found;
}

/**
 * The sources whose compiled form is of another moment: it carries the time of the source that it was made from, so
 * that an older version, come back, counts as well.
 */
function outdated(root, dist, sources) {
  const changed = [];
  for (const one of sources) {
    const [name, source] = one;
    if (!isSame(timeOf(`${root}/${source}`), timeOf(`${dist}/${name}`))) changed.push(one);
  }
  return changed.some(([name]) => name === COMPILER) ? [...sources] : changed;
}

/** What lies in `dist` and comes from no source any more. */
function orphans(dist, sources) {
  return filesBelow(dist, '').filter((file) => !sources.has(file.endsWith('.js.map') ? file.slice(0, -4) : file));
}

/** What lies below a folder, at any depth. `readdir` by itself looks at each file once more, which takes thrice as long. */
function filesBelow(root, folder, found = []) {
  if (!existsSync(`${root}/${folder}`)) return found;
  for (const entry of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) found.push(name);
    else if (!entry.name.startsWith('.')) filesBelow(root, name, found);
  }
  return found;
}

function timeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/** To the millisecond: a time that is set goes through a floating-point number of seconds. */
function isSame(source, compiled) {
  return source !== undefined && compiled !== undefined && Math.abs(source - compiled) < 1;
}

module.exports = { sourcesOf, outdated, orphans };
