import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Has all that the run makes in one folder, which goes with it: a dump is a gigabyte. PostgreSQL's user may enter it. */
export function makeRunDirectory(): void {
  const directory = mkdtempSync(join(tmpdir(), 'bench-run-'));
  chmodSync(directory, 0o755);
  process.env.TEST_RUN_DIRECTORY = directory; // where `temporaryDirectory` of the tests looks
  process.on('exit', () => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
}
