import type { IResolvable } from 'cdktf';
import { Construct } from 'constructs';
import { BASTION_VARIABLES } from '../bastion-variables';
import { DATABASE_VARIABLES } from '../database-variables';
import { NETWORK_VARIABLES } from '../network-variables';
import { declare, type VariableDeclaration } from '../variable-declaration';
import { refuseOthers, type VariableValues, withValues } from '../variable-values';
import { type Settings, settingsOf } from '../variables';

export interface HardenedSettings extends Settings {
  /** Whether private subnets reach the internet, through NAT gateways in public ones. */
  readonly enableNatGateways: IResolvable;
  readonly deletionProtection: IResolvable;
}

const HARDENED_VARIABLES = {
  enable_nat_gateways: {
    type: 'bool',
    description:
      'Whether there are public subnets with NAT gateways, and bastion tasks may talk to the internet on 443',
    default: false,
  },
  deletion_protection: {
    type: 'bool',
    description: 'Whether AWS refuses to delete the cluster; to be switched off, and applied, before it is destroyed',
    default: true,
  },
} as const satisfies Record<string, VariableDeclaration>;

/** An image that private subnets reach without the internet. */
const IMAGE: VariableDeclaration = {
  type: 'string',
  description:
    "Image of the bastion container, in a private registry of ECR: with psql, sh, grep, script and coreutils. Empty: PostgreSQL's own image of the cluster's major version, through a pull through cache of this account",
  default: '',
  validation: [
    {
      condition:
        '${var.bastion_container_image == "" || can(regex("^[0-9]{12}[.]dkr[.]ecr[.][a-z0-9-]+[.]amazonaws[.]com([.]cn)?/[^[:space:]]+$", var.bastion_container_image))}',
      errorMessage:
        'bastion_container_image is an image in ECR such as 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/client:15, since tasks reach no other registry.',
    },
  ],
};

const FINAL_SNAPSHOT: VariableDeclaration = {
  type: 'bool',
  description: 'Whether destroying the cluster leaves no snapshot',
  default: false,
};

/**
 * The inputs: those of the reference without a password of our own, and some more.
 * @throws VariableValueError
 */
export function declareHardenedVariables(stack: Construct, values?: VariableValues): HardenedSettings {
  const scope = new Construct(stack, 'variables');
  const { master_password: _, ...database } = DATABASE_VARIABLES;
  const settings = settingsOf({
    ...declare(scope, withValues(NETWORK_VARIABLES, values)),
    ...declare(scope, withValues({ ...database, skip_final_snapshot: FINAL_SNAPSHOT }, values)),
    ...declare(scope, withValues({ ...BASTION_VARIABLES, bastion_container_image: IMAGE }, values)),
  });
  const more = declare(scope, withValues(HARDENED_VARIABLES, values));
  refuseOthers(
    values,
    scope.node.children.map(({ node }) => node.id),
  );
  return {
    ...settings,
    enableNatGateways: more.enable_nat_gateways.booleanValue,
    deletionProtection: more.deletion_protection.booleanValue,
  };
}
