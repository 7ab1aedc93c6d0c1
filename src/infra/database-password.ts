import { DataAwsRdsCluster } from '@cdktf/provider-aws/lib/data-aws-rds-cluster';
import { Fn, Op, TerraformCount, TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { Database } from './database';
import { choose, isEmpty, oneIf } from './expressions';
import { FIRST } from './instances';

export interface DatabasePasswordProps {
  readonly database: Database;
  /** A secret that somebody else keeps, `arn:…:secret:name` or `arn:…:secret:name:key:stage:version`; empty: none. */
  readonly secretArn: string;
}

/** How a container gets the password. */
export interface ContainerPassword {
  /** What ECS takes from secrets. */
  readonly secrets: unknown;
  /** The whole environment, given all the rest of it. */
  environment(rest: readonly ContainerVariable[]): unknown;
}

export interface ContainerVariable {
  readonly name: string;
  readonly value: string;
}

/** The parts of a secret's ARN, before the key that ECS lets one append. */
const ARN_PARTS = 7;

/**
 * Where the task's `PGPASSWORD` comes from: the given secret; else the secret in which RDS keeps the password it made;
 * else, for a system that was set up with one, the password itself in clear.
 */
export class DatabasePassword extends Construct implements ContainerPassword {
  /** Whether the task definition holds the password itself. Never, where RDS always keeps it. */
  readonly isInClear: string | false;
  /** What ECS reads the password from (`valueFrom`); null when it is in clear. */
  readonly valueFrom: string;
  /** The secret that ECS must be allowed to read; null when there is none. */
  readonly secretArn: string;

  readonly secrets: unknown;
  private readonly masterPassword: string | undefined;

  constructor(scope: Construct, id: string, { database, secretArn }: DatabasePasswordProps) {
    super(scope, id);
    const { passwordIsManaged } = database;
    const isOurs = isEmpty(secretArn);
    this.masterPassword = database.masterPassword;
    this.isInClear =
      passwordIsManaged !== true && this.local('password_is_in_clear', Op.and(Op.not(passwordIsManaged), isOurs));
    // Read through the data source: off the resource, the plan that switches an existing cluster to a managed password
    // fails, since the list that holds the secret is still empty when it is read.
    const managed = new DataAwsRdsCluster(this, 'cluster.managed_password', {
      count: TerraformCount.of(oneIf(passwordIsManaged === true ? isOurs : Op.and(passwordIsManaged, isOurs))),
      clusterIdentifier: database.clusterId,
      dependsOn: [database.cluster],
    });
    this.secretArn = this.local(
      'password_secret_arn',
      choose(
        isOurs,
        Fn.one(Fn.lookupNested(managed.fqn, ['*', 'master_user_secret', FIRST, 'secret_arn'])),
        Fn.join(':', Token.asList(Fn.slice(Fn.split(':', secretArn), 0, ARN_PARTS))),
      ),
    );
    // RDS's secret is JSON of which the task needs one key; another secret is taken as its owner names it.
    const valueFrom = choose(isOurs, Fn.join('', [this.secretArn, ':password::']), secretArn);
    this.valueFrom = this.local(
      'password_value_from',
      this.isInClear === false ? valueFrom : choose(this.isInClear, Token.nullValue(), valueFrom),
    );
    const secrets = [{ name: 'PGPASSWORD', valueFrom: this.valueFrom }];
    this.secrets = this.isInClear === false ? secrets : choose(this.isInClear, [], secrets);
  }

  environment(rest: readonly ContainerVariable[]): unknown {
    if (this.isInClear === false) return rest;
    const inClear = [{ name: 'PGPASSWORD', value: this.masterPassword }];
    return Token.asAny(Fn.concat([[...rest], choose(this.isInClear, inClear, [])]));
  }

  private local(name: string, expression: unknown): string {
    return new TerraformLocal(this, `local.${name}`, expression).asString;
  }
}
