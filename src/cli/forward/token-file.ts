import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A token is good for 15 minutes, and libpq reads the file for each connection. */
const REFRESH_MS = 5 * 60_000;

export interface TokenFileOptions {
  /** Makes a token. */
  readonly token: () => Promise<string>;
  /** What libpq looks the password up by: the port of this machine, and the user. */
  readonly port: number;
  readonly user: string;
  /** A token could not be made again; the last one is good for a while. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * A password file of libpq (PGPASSFILE) that always holds a fresh token, in a folder that only its owner may read. It
 * goes with its disposal.
 */
export class TokenFile implements Disposable {
  readonly path: string;
  private readonly directory = mkdtempSync(join(tmpdir(), 'aurora-bastion-')); // 0700
  private readonly timer: NodeJS.Timeout;

  private constructor(private readonly options: TokenFileOptions) {
    this.path = join(this.directory, 'pgpass');
    this.timer = setInterval(() => {
      this.refresh().catch(options.onFailure);
    }, REFRESH_MS);
  }

  /** @throws as `token` */
  static async write(options: TokenFileOptions): Promise<TokenFile> {
    const file = new TokenFile(options);
    try {
      await file.refresh();
      return file;
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async refresh(): Promise<void> {
    const { token, port, user } = this.options;
    const line = ['*', String(port), '*', user, await token()].map((field) => field.replaceAll(/[\\:]/g, '\\$&'));
    const fresh = `${this.path}.new`;
    writeFileSync(fresh, `${line.join(':')}\n`, { mode: 0o600 });
    renameSync(fresh, this.path); // whoever reads has the old one or the new one whole
  }
}
