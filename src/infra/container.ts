import { Fn, TerraformLocal, Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { Database } from './database';
import type { ContainerPassword } from './database-password';

export const CONTAINER_NAME = 'bastion';

export interface ContainerProps {
  readonly image: string;
  readonly command: readonly string[];
  readonly database: Database;
  readonly password: ContainerPassword;
  readonly logGroupName: string;
  readonly region: string;
}

/** The client packages that Amazon Linux 2023 has; `psql` works with older and newer servers. */
const OLDEST_CLIENT = 15;
const NEWEST_CLIENT = 17;

/** Installs `psql` in an image of Amazon Linux when the container starts, and then idles. */
export function installClient(scope: Construct, { majorVersion }: Database): string[] {
  const client = new TerraformLocal(
    scope,
    'local.postgresql_client',
    `postgresql${Token.asString(Fn.min([NEWEST_CLIENT, Fn.max([OLDEST_CLIENT, Fn.tonumber(majorVersion)])]))}`,
  ).asString;
  return ['sh', '-c', `yum install -y ${client} && tail -f /dev/null`];
}

/** The one container; `psql` in it needs no arguments, thanks to PG…. */
export function containerDefinitions({
  image,
  command,
  database,
  password,
  logGroupName,
  region,
}: ContainerProps): string {
  return Fn.jsonencode([
    {
      name: CONTAINER_NAME,
      image,
      essential: true,
      command: [...command],
      environment: password.environment([
        { name: 'PGHOST', value: database.endpoint },
        { name: 'PGPORT', value: String(database.port) },
        { name: 'PGDATABASE', value: database.name },
        { name: 'PGUSER', value: database.masterUsername },
      ]),
      secrets: password.secrets,
      // An init process reaps what sessions leave behind.
      linuxParameters: { initProcessEnabled: true },
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': logGroupName,
          'awslogs-region': region,
          'awslogs-stream-prefix': 'ecs',
        },
      },
    },
  ]);
}
