import { DEFAULT_ENGINE_VERSION } from './engine-versions';
import { isWholeBetween, matches, type VariableDeclaration } from './variable-declaration';

const TIME = '([01][0-9]|2[0-3]):[0-5][0-9]';
const DAY = '(mon|tue|wed|thu|fri|sat|sun)';

/**
 * Terraform expressions for the minutes on the clock between two times of day: hour and minute stand in the list `t` at
 * `from` and `to`.
 */
const minutesBetween = (from: number, to: number): string =>
  `(60 * (t[${to}] - t[${from}]) + t[${to + 1}] - t[${from + 1}] + 1440) % 1440`;
const numbersOf = (name: string): string => `regexall("[0-9]+", var.${name})`;
/** A condition over the list `t`; true when there is no such list, since then the form of a value is at fault. */
const forNumbers = (list: string, condition: string): string =>
  `\${try(alltrue([for t in [${list}] : ${condition}]), true)}`;

export const DATABASE_VARIABLES = {
  database_name: {
    type: 'string',
    description: 'Name of the database that the cluster is created with',
    default: 'mydb',
    validation: [
      {
        condition: matches('database_name', '^[A-Za-z][A-Za-z0-9_]{0,62}$'),
        errorMessage: 'database_name begins with a letter and has at most 63 letters, digits and underscores.',
      },
    ],
  },
  master_username: {
    type: 'string',
    description: 'Name of the master user',
    default: 'postgres',
    sensitive: true,
    validation: [
      {
        condition: matches('master_username', '^[A-Za-z][A-Za-z0-9_]{0,15}$'),
        errorMessage: 'master_username begins with a letter and has at most 16 letters, digits and underscores.',
      },
      {
        condition: '${!contains(["admin", "rdsadmin", "rdsrepladmin"], lower(var.master_username))}',
        errorMessage: 'master_username is a name that RDS keeps for itself.',
      },
    ],
  },
  master_password: {
    type: 'string',
    description:
      'Password of the master user, for a system that already has one. It ends up in the state in clear, and in the task definition unless database_password_secret_arn is set. Without it RDS makes a password and keeps it in Secrets Manager',
    default: null,
    sensitive: true,
    validation: [
      {
        condition: '${var.master_password == null || can(regex("^[!#-.0-?A-~]{8,128}$", var.master_password))}',
        errorMessage:
          'master_password has 8 to 128 printable ASCII characters, without slash, at sign, double quote and space.',
      },
    ],
  },
  instance_class: {
    type: 'string',
    description: 'Class of the Aurora instances',
    default: 'db.t4g.medium',
    validation: [
      {
        condition: matches('instance_class', '^db\\\\.[a-z0-9]+\\\\.[a-z0-9-]+$'),
        errorMessage: 'instance_class is a class such as db.t4g.medium.',
      },
    ],
  },
  aurora_instance_count: {
    type: 'number',
    description: 'Number of Aurora instances: one writer, the rest readers',
    default: 2,
    validation: [
      {
        condition: isWholeBetween('aurora_instance_count', 1, 16),
        errorMessage: 'aurora_instance_count is a whole number from 1 to 16.',
      },
    ],
  },
  aurora_engine_version: {
    type: 'string',
    description:
      'Aurora PostgreSQL version; parameter groups and the bastion client follow its major version. A new system: one that can still be created. An adopted system: the version it has, since a plan with another changes it in place',
    default: DEFAULT_ENGINE_VERSION,
    validation: [
      {
        condition: matches('aurora_engine_version', '^1[1-9]([.][0-9]+){0,2}$'),
        errorMessage: `aurora_engine_version is a PostgreSQL version such as ${DEFAULT_ENGINE_VERSION}, of major version 11 or later.`,
      },
    ],
  },
  backup_retention_period: {
    type: 'number',
    description: 'Days that automated backups are kept',
    default: 7,
    validation: [
      {
        condition: isWholeBetween('backup_retention_period', 1, 35),
        errorMessage: 'backup_retention_period is a whole number of days from 1 to 35.',
      },
    ],
  },
  backup_window: {
    type: 'string',
    description: 'Daily window of the automated backups, UTC, hh:mm-hh:mm; it does not overlap maintenance_window',
    default: '03:00-04:00',
    validation: [
      {
        condition: matches('backup_window', `^${TIME}-${TIME}$`),
        errorMessage: 'backup_window is a span of UTC such as 03:00-04:00.',
      },
      {
        condition: forNumbers(numbersOf('backup_window'), `${minutesBetween(0, 2)} >= 30`),
        errorMessage: 'backup_window is at least 30 minutes long.',
      },
    ],
  },
  maintenance_window: {
    type: 'string',
    description: 'Weekly maintenance window of the cluster, UTC, ddd:hh:mm-ddd:hh:mm',
    default: 'sun:04:00-sun:05:00',
    validation: [
      {
        condition: matches('maintenance_window', `^${DAY}:${TIME}-${DAY}:${TIME}$`),
        errorMessage: 'maintenance_window is a span of UTC such as sun:04:00-sun:05:00, in lower case.',
      },
      {
        condition: forNumbers(
          `concat(${numbersOf('maintenance_window')}, [for day in regexall("[a-z]+", var.maintenance_window) : index(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], day)])`,
          `contains([0, 1, -6], t[5] - t[4]) && ${minutesBetween(0, 2)} >= 30 && (t[4] == t[5]) == (60 * t[0] + t[1] < 60 * t[2] + t[3])`,
        ),
        errorMessage: 'maintenance_window is at least 30 minutes and less than a day long.',
      },
      {
        // Two spans on the clock are apart when each begins no earlier than the other ends.
        condition: forNumbers(
          `concat(${numbersOf('backup_window')}, ${numbersOf('maintenance_window')})`,
          `${minutesBetween(0, 4)} >= ${minutesBetween(0, 2)} && ${minutesBetween(4, 0)} >= ${minutesBetween(4, 6)}`,
        ),
        errorMessage: 'maintenance_window overlaps the daily backup_window, which RDS refuses.',
      },
    ],
  },
  skip_final_snapshot: {
    type: 'bool',
    description:
      'Whether destroying the cluster leaves no snapshot. The name of a final snapshot holds the time of the plan',
    default: true,
  },
  performance_insights_enabled: {
    type: 'bool',
    description: 'Whether the instances record Performance Insights',
    default: true,
  },
  monitoring_interval: {
    type: 'number',
    description: 'Seconds between two records of Enhanced Monitoring; 0 turns it off, with its role',
    default: 60,
    validation: [
      {
        condition: '${contains([0, 1, 5, 10, 15, 30, 60], var.monitoring_interval)}',
        errorMessage: 'monitoring_interval is 0, 1, 5, 10, 15, 30 or 60 seconds.',
      },
    ],
  },
} as const satisfies Record<string, VariableDeclaration>;
