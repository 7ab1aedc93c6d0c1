import { once } from 'node:events';
import { type AwsAccess, ecsClient } from '../../aws/clients';
import { bastionDefinition, describeTaskDefinition } from '../../aws/task-definition';
import type { AcquireContext } from '../acquire';
import type { ConnectContext } from '../connect';
import type { ForwardOptions } from '../forward-options';
import { certificateFile, type ClientSettings, clientSettings, clientVariables } from './client-settings';
import { type ContainerDatabase, containerDatabase, findDestinations } from './destination';
import { instructions, openedLine } from './instructions';
import { runCommand } from './local-command';
import { stackPassword } from './password';
import { type OpenPort, openPorts } from './ports';
import { TaskKeeper } from './task-keeper';
import { TokenFile } from './token-file';

/**
 * Opens ports of this machine that lead into the VPC: until somebody ends us, or as long as a command of this machine
 * runs, which is told of the database and its password.
 * @returns the command's exit code
 */
export async function forward(options: ForwardOptions, context: ConnectContext): Promise<number> {
  const { terminal, story, interruption } = context;
  const { signal } = interruption;
  const { command, iam, streams } = options;
  const rootCertificate = certificateFile(options.rootCertificate);
  const deployment = await context.deployment;
  const { access } = deployment;
  const acquire = { ecs: ecsClient(access), deployment, terminal, story, signal };
  // What may be refused is asked for before a task is started.
  const database = options.destinations.some(({ kind }) => kind !== 'remote') ? await findDatabase(acquire) : undefined;
  const isTold = database !== undefined && command !== undefined && !iam;
  const password = isTold ? { password: await stackPassword(access, database, signal) } : undefined;
  const search = { access, anyPort: command !== undefined, signal };
  const destinations = await findDestinations(options.destinations, database, search);

  await using keeper = new TaskKeeper(options, acquire, options.replace);
  await keeper.ready();
  await using ports = await story.step(
    'Opening ports',
    () => openPorts(destinations, streams, keeper, acquire),
    () => 'open',
  );
  if (options.timing) story.timing();
  for (const port of ports.list) story.line(openedLine(port));

  const settings = databaseSettings({ ...options, rootCertificate }, database, ports.list);
  using tokens = iam && settings !== undefined ? await tokenFile(settings, context, access) : undefined;
  if (command === undefined) {
    if (settings !== undefined) terminal.output.write(instructions(settings, tokens?.path));
    story.line('Ctrl-C closes');
    return await Promise.race([aborted(signal), ...ports.list.map(({ failed }) => failed)]);
  }
  for (const { failed, destination } of ports.list) {
    failed.catch((error: unknown) => {
      story.line(`${destination.name}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
  const login = tokens === undefined ? password : { passwordFile: tokens.path };
  return await runCommand(command, environment(settings, login, ports.list), interruption);
}

/** What the task definition says of the database. */
async function findDatabase({ ecs, deployment, signal }: AcquireContext): Promise<ContainerDatabase> {
  return containerDatabase(bastionDefinition(await describeTaskDefinition(ecs, deployment.family, signal)));
}

/** Of the first database among the ports; undefined when there is none. */
function databaseSettings(
  { database: name, user, rootCertificate }: ForwardOptions,
  database: ContainerDatabase | undefined,
  ports: readonly OpenPort[],
): ClientSettings | undefined {
  const found = ports.find(({ destination }) => destination.isDatabase);
  if (found === undefined || database === undefined) return undefined;
  const { destination, port } = found;
  const login = { port, database: name ?? database.name, user: user ?? database.user };
  return clientSettings(destination, login, rootCertificate, process.env);
}

async function tokenFile(
  { host, remotePort, port, user }: ClientSettings,
  { story }: ConnectContext,
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

/** Ours, the database's variables, and all ports in the order of their destinations. */
function environment(
  settings: ClientSettings | undefined,
  login: { readonly password: string } | { readonly passwordFile: string } | undefined,
  ports: readonly OpenPort[],
): NodeJS.ProcessEnv {
  const database = settings === undefined || login === undefined ? {} : clientVariables(settings, login);
  return { ...process.env, ...database, FORWARDED_PORTS: ports.map(({ port }) => port).join(' ') };
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
