import { join } from 'node:path';

/** The package's own folder, whether this runs compiled (`dist/src/package.js`) or, in a test, as it is written. */
export const PACKAGE = join(__dirname, __filename.endsWith('.ts') ? '..' : '../..');

/**
 * The file that runs as one of the package's programs in a process of its own. Whoever runs has seen to it that what is
 * compiled is up to date.
 * @param program without its ending: `src/local-aws/server`
 */
export function compiled(program: string): string {
  return join(PACKAGE, 'dist', `${program}.js`);
}
