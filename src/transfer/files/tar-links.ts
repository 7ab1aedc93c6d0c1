import { link, lstat, lutimes, mkdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../../errors';
import { PRIVATE_FOLDER } from '../file-mode';
import { leadsInside, type Left } from './link-target';
import { placed, twice } from './placed';

/** A symbolic link. */
export interface Link {
  readonly target: string;
  readonly time: Date;
}

/** The links of an archive. They wait for its end: when they are made, nothing goes through them any more. */
export class Links {
  /** By where they lie: what they are another name of. */
  private readonly hard = new Map<string, string>();
  private readonly symbolic = new Map<string, Link>();

  constructor(private readonly root: string) {}

  /** @throws UserError when there is one of this name */
  addHard(at: string, first: string): void {
    if (this.hard.has(at)) throw twice(at);
    this.hard.set(at, first);
  }

  /** @throws UserError when there is one of this name */
  addSymbolic(at: string, made: Link): void {
    if (this.symbolic.has(at)) throw twice(at);
    this.symbolic.set(at, made);
  }

  /**
   * Makes them all, once everything else is there.
   * @param keepLinks also those that lead out of the folder
   * @returns how many were made, and which were left out. @throws UserError when something is in the place of one
   */
  async make({ keepLinks }: { readonly keepLinks: boolean }): Promise<{ made: number; left: readonly Left[] }> {
    const made = await this.makeHard();
    const left = keepLinks ? [] : await this.takeLeft();
    await this.makeSymbolic();
    return { made: made + this.symbolic.size, left };
  }

  /** @returns how many files got another name */
  private async makeHard(): Promise<number> {
    let files = 0;
    for (const [at, first] of this.hard) {
      // Of a link that has two names, the second comes as a hard link to the first.
      const symbolic = this.symbolic.get(first);
      if (symbolic !== undefined) {
        this.addSymbolic(at, symbolic);
        continue;
      }
      await mkdir(dirname(at), { recursive: true, mode: PRIVATE_FOLDER });
      await placed(at, () => link(first, at));
      files += 1;
    }
    return files;
  }

  /** Takes away those that lead out; what stands in the place of one is as wrong as if it came. */
  private async takeLeft(): Promise<readonly Left[]> {
    const left: Left[] = [];
    for (const [at, { target }] of this.symbolic) {
      const name = at.slice(this.root.length + 1);
      if (leadsInside(name, target)) continue;
      if (await isThere(at)) throw twice(at);
      this.symbolic.delete(at);
      left.push({ name, target });
    }
    return left;
  }

  private async makeSymbolic(): Promise<void> {
    // Every folder is there before the first link is, so that no link stands where another's folder should.
    for (const at of this.symbolic.keys()) await mkdir(dirname(at), { recursive: true, mode: PRIVATE_FOLDER });
    for (const [at, { target, time }] of this.symbolic) {
      await placed(at, async () => {
        await symlink(target, at);
        await lutimes(at, time, time);
      });
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    },
  );
}
