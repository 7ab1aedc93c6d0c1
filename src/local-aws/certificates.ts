import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { UserError } from '../errors';

const SCRIPT = join(__dirname, 'certificates.py');

/** The names of a server's certificate and its key, in the folder that `certify` is given. */
export const SERVER_CERTIFICATE = 'server.crt';
export const SERVER_KEY = 'server.key';

/** Signs the databases' certificates, as Amazon's does those of RDS; a new one for each instance. */
export class CertificateAuthority {
  /** Absolute path of its own certificate, PEM: what `sslrootcert` is to be. It is there when `prepare` has settled. */
  readonly certificate: string;
  private made: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();

  /** @param python one that has moto, and with it `cryptography` */
  constructor(
    private readonly python: string,
    private readonly directory: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly log: number,
  ) {
    this.certificate = join(directory, 'authority.pem');
  }

  prepare(): Promise<void> {
    this.made ??= this.run('authority', this.directory);
    return this.made;
  }

  /** Puts a new certificate for these names, and its key, into a folder. */
  async certify(folder: string, names: readonly string[]): Promise<void> {
    await this.prepare();
    // One after the other: the last one has the names of all.
    const turn = this.last.then(() => this.run('server', this.directory, folder, ...names));
    this.last = turn.catch(() => undefined);
    await turn;
  }

  private async run(...argv: readonly string[]): Promise<void> {
    const child = spawn(this.python, [SCRIPT, ...argv], {
      env: this.environment,
      stdio: ['ignore', this.log, this.log],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new UserError('No certificate can be made', 'See the log of the local AWS');
  }
}
