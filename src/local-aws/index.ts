import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Json, MotoClient } from './aws-api';
import { CertificateAuthority } from './certificates';
import { ChannelAuthorization } from './channel-authorization';
import { claimFolder } from './claim';
import { makeImage } from './container-image';
import { DatabaseHost } from './databases';
import { Disposables } from './disposables';
import { Ecr } from './ecr';
import { Ecs } from './ecs';
import { type Endpoints, endpointsOf } from './endpoints';
import { commandEnvironment, commandVariables } from './environment';
import { allFaults, type Faults, parseFaults } from './faults';
import { makeSocketDirectory, removeFolder } from './folder';
import { Front } from './front';
import { Gateway } from './gateway';
import { Enforcement } from './iam/enforcement';
import { pythonWithMoto, startMoto } from './moto';
import { PostgresHost } from './postgres';
import { Rds } from './rds';
import { Services } from './services';
import { Credentials, newOwnKey } from './signature/credentials';
import { SignatureVerifier } from './signature/verifier';
import { Ssm } from './ssm';
import { Tasks } from './tasks';
import { requirePostgres, requirePython, requireTerraform } from './tools';
import { startWatchdog } from './watchdog';

export interface LocalAwsOptions {
  /** Everything it keeps lies here, and goes with it: a folder that is not there yet, or is empty. */
  readonly directory: string;
  /** Whether the folder goes even when this process is killed; else `npm run local -- up` finds what is left. */
  readonly ephemeral?: boolean;
  readonly faults?: Partial<Faults>;
  readonly say?: (line: string) => void;
}

/** A local AWS that runs in this process; disposal ends all of its processes and deletes its folder. */
export interface LocalAws extends Endpoints, AsyncDisposable {
  readonly id: string;
  /** What a command needs beside its own environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Our own environment with that over it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Absolute path of the certificate, PEM, of the authority that has signed those of the databases' endpoints. */
  readonly databaseAuthority: string;
  setFaults(faults: Partial<Faults>): void;
  /** Takes requests whose `Host` is another than an endpoint's, as `host:port`: those of a port that is forwarded to one. */
  admitHost(host: string): void;
  /** As DescribeTasks shows them, stopped ones too. */
  tasks(): readonly Json[];
}

/** The variable that marks every process of an instance, and its value. */
export const MARK = 'LOCAL_AWS_INSTANCE';

/** Names in one line what must be installed. @throws MissingToolError */
export function checkTools(): void {
  requireTerraform();
  requirePython();
  requirePostgres();
}

/**
 * Starts moto, the front before it, and the place for tasks and databases.
 * @throws MissingToolError for what must be installed, ForeignFolderError, MotoError
 */
export async function startLocalAws({
  directory,
  ephemeral = true,
  faults,
  say = () => undefined,
}: LocalAwsOptions): Promise<LocalAws> {
  checkTools();
  const postgresBinaries = requirePostgres();
  const python = requirePython();
  const motoPython = pythonWithMoto(python, say);
  const folder = resolve(directory);
  claimFolder(folder);

  const id = randomUUID();
  const mark = { [MARK]: id };
  const environment = { ...process.env, ...mark };
  await using stack = new Disposables();
  stack.defer(() => {
    removeFolder(folder);
  });
  stack.use(startWatchdog(`${MARK}=${id}`, ephemeral ? folder : undefined));
  const log = openSync(join(folder, 'log'), 'a', 0o600);
  stack.defer(() => {
    closeSync(log);
  });

  const authority = new CertificateAuthority(motoPython, join(folder, 'certificates'), environment, log);
  const postgres = new PostgresHost(postgresBinaries, folder, environment, log, authority);
  stack.defer(() => {
    postgres[Symbol.dispose]();
  });
  postgres.prepare();
  const [moto, front] = await Promise.all([
    startMoto(motoPython, makeSocketDirectory(folder), environment, log),
    Front.listen(),
  ]);
  stack.use(moto);
  stack.defer(() => front.close());

  let current: Faults = allFaults(faults ?? {});
  const key = newOwnKey();
  const endpoints = endpointsOf((listener) => front.port(listener));
  const client = new MotoClient(moto.socketPath);
  const databases = new DatabaseHost(client, postgres);
  stack.use(databases);
  const gateway: Gateway = new Gateway({
    streamOrigin: () => `ws://127.0.0.1:${front.port('ssmmessages')}`,
    python,
    kms: () => ({ endpoint: endpoints.endpoint, key }),
    faults: () => current,
    authorize: (request, channel) => authorization.authorize(request, channel),
  });
  const tasks = new Tasks({
    moto: client,
    gateway,
    databases,
    faults: () => current,
    image: { bin: makeImage(join(folder, 'image')), postgresBinaries },
    directory: join(folder, 'tasks'),
    mark,
  });
  const services = new Services(tasks, client);
  stack.defer(() => gateway.close());
  stack.use(tasks);
  stack.defer(() => {
    services[Symbol.dispose]();
  });
  const describeTasks = (): readonly Json[] => tasks.all().map((task) => task.describe());
  const setFaults = (next: Partial<Faults>): void => {
    current = allFaults(next);
  };
  const ecs = new Ecs({ moto: client, tasks }, gateway, () => current);
  const credentials = new Credentials(key);
  const verifier = new SignatureVerifier({ credential: (id) => credentials.find(id) });
  const enforcement = new Enforcement({ moto: client, ecs });
  const authorization = new ChannelAuthorization({
    verifier,
    enforcement,
    faults: () => current,
  });
  front.serve({
    moto: client,
    verifier,
    gateway,
    enforcement,
    credentials,
    ecr: new Ecr(),
    ecs,
    services,
    ssm: new Ssm(gateway, tasks, databases, () => current),
    rds: new Rds(databases, () => current),
    faults: () => current,
    control: (method, path, body) => {
      if (path === '/_local/status') return { id, tasks: describeTasks() };
      if (path !== '/_local/faults') return undefined;
      if (method === 'PUT') setFaults(parseFaults(body));
      if (method === 'DELETE') setFaults({});
      return { ...current };
    },
  });
  await authority.prepare();
  // Only a `psql` outside of the containers sees it, at the near end of a tunnel.
  const variables = { ...commandVariables(folder, endpoints, key), PGSSLROOTCERT: authority.certificate };
  const whole = stack.move();
  return {
    id,
    ...endpoints,
    variables,
    environment: commandEnvironment(variables),
    databaseAuthority: authority.certificate,
    setFaults,
    admitHost: (host) => {
      front.admit(host);
    },
    tasks: describeTasks,
    [Symbol.asyncDispose]: () => whole[Symbol.asyncDispose](),
  };
}
