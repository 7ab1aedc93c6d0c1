import { type TerraformVariable, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { BastionSettings } from './bastion-task';
import { BASTION_VARIABLES } from './bastion-variables';
import type { DatabaseSettings } from './database';
import { DATABASE_VARIABLES } from './database-variables';
import { NETWORK_VARIABLES } from './network-variables';
import { declare } from './variable-declaration';
import { refuseOthers, type VariableValues, withValues } from './variable-values';

/** What every posture is set up with. */
export interface Settings {
  readonly namePrefix: string;
  readonly vpcCidr: string;
  readonly awsRegion: string;
  readonly tags: Record<string, string>;
  readonly database: DatabaseSettings;
  readonly bastion: BastionSettings;
}

/**
 * The inputs of the reference: declared once, handed on as typed settings.
 * @throws VariableValueError
 */
export function declareVariables(stack: Construct, values?: VariableValues): Settings {
  const scope = new Construct(stack, 'variables');
  const { master_password: masterPassword, ...database } = declare(scope, withValues(DATABASE_VARIABLES, values));
  const settings = settingsOf({
    ...declare(scope, withValues(NETWORK_VARIABLES, values)),
    ...database,
    ...declare(scope, withValues(BASTION_VARIABLES, values)),
  });
  refuseOthers(
    values,
    scope.node.children.map(({ node }) => node.id),
  );
  return { ...settings, database: { ...settings.database, masterPassword: masterPassword.stringValue } };
}

type CommonName =
  | keyof typeof NETWORK_VARIABLES
  | Exclude<keyof typeof DATABASE_VARIABLES, 'master_password'>
  | keyof typeof BASTION_VARIABLES;

export function settingsOf(variables: Readonly<Record<CommonName, TerraformVariable>>): Settings {
  return {
    namePrefix: variables.name_prefix.stringValue,
    vpcCidr: variables.vpc_cidr.stringValue,
    awsRegion: variables.aws_region.stringValue,
    tags: Token.asStringMap(variables.tags.value),
    database: {
      name: variables.database_name.stringValue,
      masterUsername: variables.master_username.stringValue,
      instanceClass: variables.instance_class.stringValue,
      instanceCount: variables.aurora_instance_count.numberValue,
      engineVersion: variables.aurora_engine_version.stringValue,
      backupRetentionPeriod: variables.backup_retention_period.numberValue,
      backupWindow: variables.backup_window.stringValue,
      maintenanceWindow: variables.maintenance_window.stringValue,
      skipFinalSnapshot: variables.skip_final_snapshot.booleanValue,
      performanceInsightsEnabled: variables.performance_insights_enabled.booleanValue,
      monitoringInterval: variables.monitoring_interval.numberValue,
    },
    bastion: {
      image: variables.bastion_container_image.stringValue,
      cpu: variables.bastion_task_cpu.stringValue,
      memory: variables.bastion_task_memory.stringValue,
      enableService: variables.bastion_enable_service.booleanValue,
      serviceDesiredCount: variables.bastion_service_desired_count.numberValue,
      databasePasswordSecretArn: variables.database_password_secret_arn.stringValue,
    },
  };
}
