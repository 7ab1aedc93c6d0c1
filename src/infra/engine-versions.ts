/**
 * Aurora PostgreSQL versions that a new cluster can be created with: those that are neither withdrawn nor deprecated in
 * November 2026. RDS takes minor versions away (15.6 is gone: "Cannot find version 15.6 for aurora-postgresql") while
 * clusters that have one keep it.
 *
 * From the list of Aurora PostgreSQL versions in aws-cdk-lib 2.276.0 (aws-rds, cluster-engine) without those that are
 * deprecated there or in cfn-lint's list of deprecated engine versions. What a region has today says
 *
 *     aws rds describe-db-engine-versions --engine aurora-postgresql --query 'DBEngineVersions[].EngineVersion'
 *
 * Nothing refuses other versions: those to come are not here, and adopted systems have older ones.
 */
export const CREATABLE_VERSIONS = [
  ...['15.8', '15.10', '15.12', '15.13', '15.14', '15.15', '15.17'],
  ...['16.4', '16.6', '16.8', '16.9', '16.10', '16.11', '16.13'],
  ...['17.4', '17.5', '17.6', '17.7', '17.9'],
  ...['18.3', '18.4', '18.6'],
] as const;

/** Of major version 15, so that the parameter groups and the client of earlier deployments stay. */
export const DEFAULT_ENGINE_VERSION = '15.17';
