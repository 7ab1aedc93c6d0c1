import { once } from 'node:events';
import { ecsClient } from '../../aws/clients';
import { bastionDefinition, describeTaskDefinition } from '../../aws/task-definition';
import type { AcquireContext } from '../acquire';
import type { ConnectContext } from '../connect';
import type { ForwardOptions } from '../forward-options';
import {
  certificateFile,
  isVerified,
  requireRoot,
  serverTrust,
  UnverifiedTokenError,
  unverifiedNote,
} from './certificate';
import { type DatabaseClient, databaseClient, tokenFile } from './database-client';
import { type ContainerDatabase, containerDatabase, findDestinations } from './destination';
import { instructions, openedLine } from './instructions';
import { runCommand } from './local-command';
import { stackPassword } from './password';
import { type OpenPort, openPorts } from './ports';
import { authoritiesOf, checkSockets, socketEntrance } from './socket-entrance';
import { SocketFolder } from './socket-folder';
import { TaskKeeper } from './task-keeper';

/**
 * Opens ports of this machine, or unix sockets, that lead into the VPC: until somebody ends us, or as long as a command
 * of this machine runs, which is told of the database and its password.
 * @returns the command's exit code
 */
export async function forward(options: ForwardOptions, context: ConnectContext): Promise<number> {
  const { terminal, story, interruption } = context;
  const { signal } = interruption;
  const { command, iam, streams, socketFolder } = options;
  // What may be refused is asked for before a task is started.
  const isToDatabase = options.destinations.some(({ kind }) => kind !== 'remote');
  const trust = serverTrust(certificateFile(options.rootCertificate), options.verify, process.env);
  if (isToDatabase) requireRoot(trust);
  const isUnverified = isToDatabase && socketFolder === undefined && !isVerified(trust);
  if (isUnverified && iam && options.verify) throw new UnverifiedTokenError(trust);
  if (isUnverified) story.line(unverifiedNote(trust, options.verify));
  const authorities = isToDatabase && socketFolder !== undefined ? authoritiesOf(trust.rootCertificate) : undefined;
  using folder = socketFolder === undefined ? undefined : SocketFolder.open(socketFolder);
  const entrance = folder === undefined ? {} : socketEntrance(folder, authorities);
  const deployment = await context.deployment;
  const { access } = deployment;
  const acquire = { ecs: ecsClient(access), deployment, terminal, story, signal };
  const database = isToDatabase ? await findDatabase(acquire) : undefined;
  const isTold = database !== undefined && command !== undefined && !iam;
  const password = isTold ? { password: await stackPassword(access, database, signal) } : undefined;
  const search = { access, anyPort: command !== undefined && folder === undefined, signal };
  const destinations = await findDestinations(options.destinations, database, search);
  await checkSockets(entrance, destinations);

  await using keeper = new TaskKeeper(options, acquire, options.replace);
  await keeper.ready();
  await using ports = await story.step(
    'Opening ports',
    () => openPorts(destinations, streams, keeper, acquire, entrance),
    () => 'open',
  );
  if (options.timing) story.timing();
  for (const port of ports.list) story.line(openedLine(port));

  const client = databaseClient(options, database, ports.list, trust, folder?.path);
  using tokens = iam && client !== undefined ? await tokenFile(client, story, access) : undefined;
  if (command === undefined) {
    if (client !== undefined) terminal.output.write(instructions(client.lines(), tokens?.path));
    story.line('Ctrl-C closes');
    return await Promise.race([aborted(signal), ...ports.list.map(({ failed }) => failed)]);
  }
  for (const { failed, destination } of ports.list) {
    failed.catch((error: unknown) => {
      story.line(`${destination.name}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
  const login = tokens === undefined ? password : { passwordFile: tokens.path };
  return await runCommand(command, environment(client, login, ports.list), interruption);
}

/** What the task definition says of the database. */
async function findDatabase({ ecs, deployment, signal }: AcquireContext): Promise<ContainerDatabase> {
  return containerDatabase(bastionDefinition(await describeTaskDefinition(ecs, deployment.family, signal)));
}

/** Ours, the database's variables, and all ports in the order of their destinations. */
function environment(
  client: DatabaseClient | undefined,
  login: Parameters<DatabaseClient['variables']>[0] | undefined,
  ports: readonly OpenPort[],
): NodeJS.ProcessEnv {
  const database = client === undefined || login === undefined ? {} : client.variables(login);
  const places = ports.map(({ port, socket }) => socket ?? String(port));
  const isSockets = ports.some(({ socket }) => socket !== undefined);
  return {
    ...process.env,
    ...database,
    FORWARDED_SOCKETS: isSockets ? places.join('\n') : undefined,
    FORWARDED_PORTS: isSockets ? undefined : places.join(' '),
  };
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
