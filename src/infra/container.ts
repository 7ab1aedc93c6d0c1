import { Fn, TerraformLocal, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { choose } from './expressions';
import type { Database } from './database';
import type { DatabasePassword } from './database-password';

export const CONTAINER_NAME = 'bastion';

export interface ContainerProps {
  readonly image: string;
  readonly database: Database;
  readonly password: DatabasePassword;
  readonly logGroupName: string;
  readonly region: string;
}

/** The client packages that Amazon Linux 2023 has; `psql` works with older and newer servers. */
const OLDEST_CLIENT = 15;
const NEWEST_CLIENT = 17;

/** The one container: installs `psql` when it starts and then idles; `psql` needs no arguments, thanks to PG…. */
export function containerDefinitions(
  scope: Construct,
  { image, database, password, logGroupName, region }: ContainerProps,
): string {
  const client = new TerraformLocal(
    scope,
    'local.postgresql_client',
    `postgresql${Token.asString(Fn.min([NEWEST_CLIENT, Fn.max([OLDEST_CLIENT, Fn.tonumber(database.majorVersion)])]))}`,
  ).asString;
  const environment = [
    { name: 'PGHOST', value: database.endpoint },
    { name: 'PGPORT', value: String(database.port) },
    { name: 'PGDATABASE', value: database.name },
    { name: 'PGUSER', value: database.masterUsername },
  ];
  return Fn.jsonencode([
    {
      name: CONTAINER_NAME,
      image,
      essential: true,
      command: ['sh', '-c', `yum install -y ${client} && tail -f /dev/null`],
      environment: Token.asAny(
        Fn.concat([
          environment,
          choose(password.isInClear, [{ name: 'PGPASSWORD', value: database.masterPassword }], []),
        ]),
      ),
      secrets: choose(password.isInClear, [], [{ name: 'PGPASSWORD', valueFrom: password.valueFrom }]),
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
