import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors';
import { treeEnvironment } from '../tree-environment';
import { runChild } from './child';
import { rename } from './rename';

/** What of a checkout is the app. */
const APP = ['main.ts', 'src', 'tsconfig.json', 'cdktf.json', '.npmrc'];

/** The app's own compiler options; of `src`, only what `main.ts` reaches, since the helper's packages are not there. */
const TSCONFIG = { extends: './tsconfig.json', compilerOptions: { types: ['node'] }, files: ['main.ts'], include: [] };

/**
 * Copies the app of a checkout into an empty folder, with the successor's imports, and its lock file beside it.
 * @throws NotARenameError
 */
export function moveApp(checkout: string, into: string): void {
  for (const name of APP) cpSync(join(checkout, name), join(into, name), { recursive: true });
  cpSync(join(checkout, 'src/successor/packages'), into, { recursive: true });
  const sources = readdirSync(join(into, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file));
  for (const file of ['main.ts', ...sources]) {
    const path = join(into, file);
    const text = readFileSync(path, 'utf8');
    const renamed = rename(file, text);
    if (renamed !== text) writeFileSync(path, renamed);
  }
  writeFileSync(join(into, 'tsconfig.app.json'), JSON.stringify(TSCONFIG));
}

/** Lends the folder what both sides build with, so that the packages are all that differs. */
export function lendTools(checkout: string, into: string): void {
  mkdirSync(join(into, 'node_modules/@types'), { recursive: true });
  for (const name of ['esbuild', '@types/node']) {
    symlinkSync(join(checkout, 'node_modules', name), join(into, 'node_modules', name));
  }
}

/** @throws UserError with what the compiler found */
export async function typeCheck(checkout: string, directory: string, signal: AbortSignal): Promise<void> {
  const compiler = join(checkout, 'node_modules/typescript/bin/tsc');
  const { exitCode, said } = await runChild(
    process.execPath,
    [compiler, '--pretty', 'false', '-p', 'tsconfig.app.json'],
    {
      cwd: directory,
      env: treeEnvironment(directory),
      signal,
    },
  );
  if (exitCode === 0) return;
  throw new UserError(`The app does not compile with the successor:\n${said.trim()}`, 'Moving is more than a rename');
}

/** The version of a package that is installed in a folder. */
export function installedVersion(directory: string, name: string): string {
  const file = join(directory, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
