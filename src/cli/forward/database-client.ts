import type { AwsAccess } from '../../aws/clients';
import type { ForwardOptions } from '../forward-options';
import type { Story } from '../story';
import type { ServerTrust } from './certificate';
import { clientLines, clientVariables, type Login } from './client-settings';
import type { ContainerDatabase } from './destination';
import type { OpenPort } from './ports';
import { socketLines, socketVariables } from './socket-settings';
import { TokenFile } from './token-file';

/** How programs of this machine reach the database, through a port or through a unix socket. */
export interface DatabaseClient {
  /** The database's own name and port, however it is reached. */
  readonly host: string;
  readonly remotePort: number;
  readonly port: number;
  readonly user: string;
  /** Ready-made lines, without a password. */
  lines(): readonly (readonly [what: string, line: string])[];
  /** For a program's environment; what is undefined is not to be in it. */
  variables(login: Login): Readonly<Record<string, string | undefined>>;
}

/**
 * Of the first database among the ports; undefined when there is none.
 * @param folder with the unix sockets; undefined: there are none
 */
export function databaseClient(
  options: Pick<ForwardOptions, 'database' | 'user'>,
  known: ContainerDatabase | undefined,
  ports: readonly OpenPort[],
  trust: ServerTrust,
  folder: string | undefined,
): DatabaseClient | undefined {
  const found = ports.find(({ destination }) => destination.isDatabase);
  if (found === undefined || known === undefined) return undefined;
  const { destination, port } = found;
  const common = {
    ...{ host: destination.host, remotePort: destination.port, port },
    ...{ database: options.database ?? known.name, user: options.user ?? known.user },
  };
  if (folder !== undefined) {
    const settings = { ...common, folder };
    return { ...common, lines: () => socketLines(settings), variables: (login) => socketVariables(settings, login) };
  }
  const settings = { ...common, ...trust };
  return { ...common, lines: () => clientLines(settings), variables: (login) => clientVariables(settings, login) };
}

/** @throws as making a token does */
export async function tokenFile(
  { host, remotePort, port, user }: DatabaseClient,
  story: Story,
  access: AwsAccess,
): Promise<TokenFile> {
  const { databaseToken } = await import('../../aws/database-token.js');
  return await TokenFile.write({
    token: () => databaseToken(access, { host, port: remotePort, user }),
    port,
    user,
    onFailure: (error) => {
      story.line(`No new token could be made: ${error instanceof Error ? error.message : String(error)}`);
    },
  });
}
