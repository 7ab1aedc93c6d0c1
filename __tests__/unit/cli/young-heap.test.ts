import { execFileSync } from 'node:child_process';
import { compiled } from '../../../src/package';

const MODULE = compiled('src/cli/young-heap');

/** Bytes for young objects, after so many of them have outlived a collection. */
function youngHeapBytes(prepare: string): number {
  const script = `
    ${prepare}
    const alive = [];
    for (let made = 0; made < 3_000_000; made += 1) {
      alive.push({ made });
      if (alive.length === 100_000) alive.splice(0, 50_000);
    }
    const spaces = require('node:v8').getHeapSpaceStatistics();
    process.stdout.write(String(spaces.find((space) => space.space_name === 'new_space').space_size));`;
  return Number(execFileSync(process.execPath, ['-e', script]));
}

/** It has grown a little before any of ours is loaded. */
const SMALL_BYTES = 8 * 1024 * 1024;

it('the heap for young objects stays as small as it began, which it does not by itself', () => {
  expect(youngHeapBytes('')).toBeGreaterThan(2 * SMALL_BYTES);
  expect(youngHeapBytes(`require(${JSON.stringify(MODULE)}).keepYoungHeapSmall();`)).toBeLessThan(SMALL_BYTES);
});
