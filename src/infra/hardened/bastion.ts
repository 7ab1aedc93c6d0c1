import { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { Construct } from 'constructs';
import { type BastionFacts, type BastionSettings, BastionTask } from '../bastion-task';
import { containerDefinitions } from '../container';
import type { Database } from '../database';
import type { DatabasePassword } from '../database-password';
import { withName } from '../tags';
import type { ClientImage } from './client-image';
import { executionRole } from './execution-role';
import type { Keys } from './keys';
import { encryptedLogGroup } from './log-group';
import type { Names } from './names';
import type { Place } from './place';
import { taskRole } from './task-role';

export interface HardenedBastionProps {
  readonly namePrefix: string;
  readonly place: Place;
  readonly names: Names;
  readonly keys: Keys;
  readonly image: ClientImage;
  readonly password: DatabasePassword;
  readonly securityGroup: SecurityGroup;
  readonly subnetIds: string[];
  readonly database: Database;
  readonly settings: BastionSettings;
  readonly tags: Record<string, string>;
}

/** Nothing but time: the client is in the image, and sessions are processes of the agent's. */
const IDLE = ['tail', '-f', '/dev/null'];

/**
 * The bastion with sessions that are encrypted with our key and recorded in a group of their own. Its root file system
 * can be written: the exec agent keeps its files there, and does not start where it cannot
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html).
 */
export class HardenedBastion extends Construct {
  readonly facts: BastionFacts;

  constructor(scope: Construct, id: string, props: HardenedBastionProps) {
    super(scope, id);
    const { namePrefix, place, names, keys, image, password, database, tags } = props;
    const logGroup = encryptedLogGroup(this, 'bastion', {
      name: names.logGroups.container,
      kmsKeyId: keys.sessionsArn,
      tags: withName(tags, `${namePrefix}-bastion-logs`),
    });
    const sessions = encryptedLogGroup(this, 'sessions', {
      name: names.logGroups.sessions,
      kmsKeyId: keys.sessionsArn,
      tags: withName(tags, `${namePrefix}-bastion-sessions`),
    });
    const cluster = new EcsCluster(this, 'cluster.bastion', {
      name: names.cluster,
      setting: [{ name: 'containerInsights', value: 'enabled' }],
      configuration: {
        executeCommandConfiguration: {
          kmsKeyId: keys.sessionsArn,
          logging: 'OVERRIDE',
          logConfiguration: { cloudWatchLogGroupName: sessions.name, cloudWatchEncryptionEnabled: true },
        },
      },
      tags: withName(tags, names.cluster),
    });
    const common = { namePrefix, place, names, tags };
    const roles = {
      execution: executionRole(this, {
        ...common,
        repositoryArn: image.repositoryArn,
        logGroupArn: logGroup.arn,
        passwordSecretArn: password.secretArn,
        dataKeyArn: keys.dataArn,
      }),
      task: taskRole(this, { ...common, sessionsKeyArn: keys.sessionsArn, sessionsLogGroupArn: sessions.arn }),
    };
    this.facts = new BastionTask(this, 'task', {
      ...props,
      cluster,
      roles,
      logGroup,
      containerDefinitions: containerDefinitions({
        image: image.uri,
        command: IDLE,
        database,
        password,
        logGroupName: logGroup.name,
        region: place.region,
      }),
    }).facts;
  }
}
