import type { Configuration, Resource } from '../configuration';
import { each, type Rule } from '../rule';
import { type SecurityRule, securityRules } from '../security-rules';
import { elements, objects, texts } from '../value';

/** Resources with a rule of the kind, each once. */
const withRule =
  (isWrong: (rule: SecurityRule) => boolean) =>
  (configuration: Configuration): readonly Resource[] => [
    ...new Set(
      securityRules(configuration)
        .filter(isWrong)
        .map(({ resource }) => resource),
    ),
  ];

/** Whether one of the resources names the VPC, and is as it should be. */
const isNamed = ({ address }: Resource, others: readonly Resource[]): boolean =>
  others.some(({ attributes }) => texts(attributes.vpc_id).includes(`\${${address}.id}`));

export const NETWORK_RULES: readonly Rule[] = [
  {
    id: 'AVD-AWS-0107',
    also: ['CKV_AWS_24', 'CKV_AWS_25', 'CKV_AWS_260'],
    what: 'Anybody may come in',
    remedy: 'Name a security group as the source',
    violations: withRule(({ direction, anywhere }) => direction === 'ingress' && anywhere),
  },
  {
    id: 'AVD-AWS-0104',
    what: 'Connections may go out to any address',
    remedy: 'Name security groups and prefix lists as destinations',
    violations: withRule(({ direction, anywhere }) => direction === 'egress' && anywhere),
  },
  {
    id: 'CKV_AWS_382',
    what: 'Connections may go out to any address on every port',
    remedy: 'Name the ports',
    violations: withRule(({ direction, anywhere, allPorts }) => direction === 'egress' && anywhere && allPorts),
  },
  {
    id: 'CKV_AWS_23',
    also: ['AVD-AWS-0099', 'AVD-AWS-0124'],
    what: 'A security group, or a rule, does not say what it is for',
    remedy: 'Give it a description',
    violations: (configuration) => [
      ...withRule(({ described }) => !described)(configuration),
      ...configuration.ofType('aws_security_group').filter(({ attributes }) => !texts(attributes.description)[0]),
    ],
  },
  {
    id: 'CKV_AWS_130',
    also: ['AVD-AWS-0164'],
    what: 'What is started in the subnet gets a public address',
    remedy: 'Leave out map_public_ip_on_launch; NAT gateways bring their own addresses',
    violations: each('aws_subnet', ({ attributes }) => elements(attributes.map_public_ip_on_launch).includes(true)),
  },
  {
    id: 'CKV2_AWS_11',
    also: ['AVD-AWS-0178'],
    what: 'Nothing records the connections in the VPC',
    remedy: 'Add an aws_flow_log',
    violations: each('aws_vpc', (vpc, { ofType }) => !isNamed(vpc, ofType('aws_flow_log'))),
  },
  {
    id: 'CKV2_AWS_12',
    what: 'The default security group of the VPC lets everything in it talk',
    remedy: 'Add an aws_default_security_group without rules',
    violations: each('aws_vpc', (vpc, { ofType }) => {
      const closed = ofType('aws_default_security_group').filter(
        ({ attributes }) => objects(attributes.ingress).length === 0 && objects(attributes.egress).length === 0,
      );
      return !isNamed(vpc, closed);
    }),
  },
];
