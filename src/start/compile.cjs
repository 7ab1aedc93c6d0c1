'use strict';
const fs = require('node:fs');
const { dirname, join, relative } = require('node:path');
const { outdated, orphans, sourcesOf } = require('./sources.cjs');

/** Says what happened and what to do, in one line where the compiler itself has no more to say. */
class CompileError extends Error {}

const NOT_WRITABLE = ['EACCES', 'EPERM', 'EROFS'];
const STAGING = '.new-';
const ABANDONED_MS = 3_600_000;

const OPTIONS = {
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // What is loaded later is loaded the same way, and not by another loader.
  supported: { 'dynamic-import': false },
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'silent',
  // All that counts of tsconfig.json, which esbuild would look for up to the root of the disk. A module is strict.
  tsconfigRaw: { compilerOptions: { alwaysStrict: true } },
  write: false,
};

/**
 * Brings `dist` up to date with the sources. Where nothing has changed, that is a look at the files' times. Each file is
 * replaced whole: whoever starts meanwhile reads the old one or the new one, and two who compile write the same.
 * @param root the package's folder
 * @param everything also what is up to date
 * @throws CompileError
 */
function refresh(root, { everything = false } = {}) {
  const dist = join(root, 'dist');
  const sources = sourcesOf(root);
  const wanted = everything ? [...sources] : outdated(root, dist, sources);
  const unwanted = orphans(dist, sources);
  if (wanted.length + unwanted.length === 0) return;
  try {
    if (wanted.length > 0) compile(root, dist, wanted);
    for (const file of unwanted) fs.rmSync(join(dist, file), { force: true });
  } catch (error) {
    if (!NOT_WRITABLE.includes(error.code)) throw error;
    throw new CompileError(
      `${dist} is not there or not up to date, and cannot be written (${error.code}). Run \`npm run build\` as the owner of ${root}`,
    );
  }
}

/** As `refresh`, for a program: an error is told, and the exit code set. @returns whether all is there */
function refreshOrTell(root, options) {
  try {
    refresh(root, options);
    return true;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    process.stderr.write(`Error: ${error.message}\n`);
    process.exitCode = 1;
    return false;
  }
}

function compile(root, dist, wanted) {
  fs.mkdirSync(dist, { recursive: true });
  removeAbandoned(dist);
  const staging = fs.mkdtempSync(join(dist, STAGING));
  try {
    // Of before the compiler reads them: what is edited meanwhile is compiled again.
    const times = new Map(wanted.map(([name, source]) => [name, fs.statSync(join(root, source))]));
    for (const [name, source] of wanted) if (!name.endsWith('.js')) copy(join(root, source), join(staging, name));
    for (const { path, contents } of translate(root, dist, wanted))
      write(join(staging, relative(dist, path)), contents);
    for (const [name] of wanted) {
      const { atime, mtimeMs } = times.get(name);
      fs.utimesSync(join(staging, name), atime, mtimeMs / 1000);
      if (name.endsWith('.js')) move(join(staging, `${name}.map`), join(dist, `${name}.map`));
      move(join(staging, name), join(dist, name));
    }
  } finally {
    fs.rmSync(staging, { recursive: true, force: true });
  }
}

function translate(root, outdir, wanted) {
  const entryPoints = wanted.filter(([name]) => name.endsWith('.js')).map(([, source]) => source);
  const esbuild = loadCompiler(root);
  try {
    return esbuild.buildSync({ ...OPTIONS, absWorkingDir: root, outbase: root, outdir, entryPoints }).outputFiles;
  } catch (error) {
    if (error.errors === undefined) throw error;
    throw new CompileError(error.message);
  }
}

/** Only where there is something to compile: loading it takes longer than the look at the files. */
function loadCompiler(root) {
  const { ESBUILD_WORKER_THREADS } = process.env;
  try {
    // Else its process, or what is left of that after `stop`, stays as long as the program does.
    process.env.ESBUILD_WORKER_THREADS = '0';
    return require('esbuild');
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new CompileError(`The packages are not installed in ${root}. Run \`npm ci\` there`);
  } finally {
    if (ESBUILD_WORKER_THREADS === undefined) delete process.env.ESBUILD_WORKER_THREADS;
    else process.env.ESBUILD_WORKER_THREADS = ESBUILD_WORKER_THREADS;
  }
}

/** What a process left that was killed while it compiled. */
function removeAbandoned(dist) {
  for (const name of fs.readdirSync(dist)) {
    if (!name.startsWith(STAGING)) continue;
    const since = fs.statSync(join(dist, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > ABANDONED_MS) fs.rmSync(join(dist, name), { recursive: true, force: true });
  }
}

function copy(from, to) {
  fs.mkdirSync(dirname(to), { recursive: true });
  fs.copyFileSync(from, to);
}

function write(file, contents) {
  fs.mkdirSync(dirname(file), { recursive: true });
  fs.writeFileSync(file, contents);
}

function move(from, to) {
  fs.mkdirSync(dirname(to), { recursive: true });
  fs.renameSync(from, to);
}

module.exports = { refresh, refreshOrTell };

if (require.main === module) refreshOrTell(join(__dirname, '../..'), { everything: true });
