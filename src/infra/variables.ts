import { TerraformVariable, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { BastionSettings } from './bastion';
import { BASTION_VARIABLES } from './bastion-variables';
import type { DatabaseSettings } from './database';
import { DATABASE_VARIABLES } from './database-variables';
import { NETWORK_VARIABLES } from './network-variables';
import type { VariableDeclaration } from './variable-declaration';

/** The stack's inputs: declared once, handed on as typed settings. */
export class Variables extends Construct {
  readonly namePrefix: string;
  readonly vpcCidr: string;
  readonly awsRegion: string;
  readonly tags: Record<string, string>;
  readonly database: DatabaseSettings;
  readonly bastion: BastionSettings;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const network = this.declare(NETWORK_VARIABLES);
    this.namePrefix = network.name_prefix.stringValue;
    this.vpcCidr = network.vpc_cidr.stringValue;
    this.awsRegion = network.aws_region.stringValue;
    this.tags = Token.asStringMap(network.tags.value);

    const database = this.declare(DATABASE_VARIABLES);
    this.database = {
      name: database.database_name.stringValue,
      masterUsername: database.master_username.stringValue,
      masterPassword: database.master_password.stringValue,
      instanceClass: database.instance_class.stringValue,
      instanceCount: database.aurora_instance_count.numberValue,
      engineVersion: database.aurora_engine_version.stringValue,
      backupRetentionPeriod: database.backup_retention_period.numberValue,
      backupWindow: database.backup_window.stringValue,
      maintenanceWindow: database.maintenance_window.stringValue,
      skipFinalSnapshot: database.skip_final_snapshot.booleanValue,
      performanceInsightsEnabled: database.performance_insights_enabled.booleanValue,
      monitoringInterval: database.monitoring_interval.numberValue,
    };

    const bastion = this.declare(BASTION_VARIABLES);
    this.bastion = {
      image: bastion.bastion_container_image.stringValue,
      cpu: bastion.bastion_task_cpu.stringValue,
      memory: bastion.bastion_task_memory.stringValue,
      enableService: bastion.bastion_enable_service.booleanValue,
      serviceDesiredCount: bastion.bastion_service_desired_count.numberValue,
      databasePasswordSecretArn: bastion.database_password_secret_arn.stringValue,
    };
  }

  private declare<Name extends string>(
    declarations: Readonly<Record<Name, VariableDeclaration>>,
  ): Record<Name, TerraformVariable> {
    const variables: Partial<Record<Name, TerraformVariable>> = {};
    for (const name of Object.keys(declarations) as Name[]) {
      const { type, description, sensitive, validation, ...rest } = declarations[name];
      const variable = new TerraformVariable(this, name, {
        type,
        description,
        ...(sensitive === true ? { sensitive } : {}),
        ...(validation === undefined ? {} : { validation: [...validation] }),
      });
      // Through the constructor the keys of a map default come out in snake case, and null throws.
      if ('default' in rest) variable.addOverride('default', rest.default);
      variables[name] = variable;
    }
    return variables as Record<Name, TerraformVariable>;
  }
}
