import { readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { lockStart, StartUnderWayError } from '../../../src/local-aws/start-lock';
import { temporaryDirectory } from '../../support/bastion';

/** Above the highest number that a process can have. */
const NO_PROCESS = '99999999';

describe('the lock of a start', () => {
  it('says whose it is, and goes with the start', () => {
    const folder = temporaryDirectory();
    {
      using _lock = lockStart(folder);
      expect(readlinkSync(join(folder, 'starting'))).toBe(String(process.pid));
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps others out as long as its process runs, and stays', () => {
    const folder = temporaryDirectory();
    symlinkSync(String(process.ppid), join(folder, 'starting'));
    expect(() => lockStart(folder)).toThrow(new StartUnderWayError(process.ppid));
    expect(readlinkSync(join(folder, 'starting'))).toBe(String(process.ppid));
  });

  it('of a process that was killed is taken over', () => {
    const folder = temporaryDirectory();
    symlinkSync(NO_PROCESS, join(folder, 'starting'));
    {
      using _lock = lockStart(folder);
      expect(readlinkSync(join(folder, 'starting'))).toBe(String(process.pid));
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
