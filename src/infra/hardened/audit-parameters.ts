import type { RdsClusterParameterGroupParameter } from '@cdktf/provider-aws/lib/rds-cluster-parameter-group';

/**
 * TLS on every connection, and a record of who asked what. pgAudit writes it once the extension has been made in the
 * database, by hand and once: `create extension pgaudit`. Statements are logged without the values of their parameters,
 * which may be anybody's data, and passwords in them are left out. `log_statement` does neither, hence pgAudit.
 */
export const AUDIT_PARAMETERS: readonly RdsClusterParameterGroupParameter[] = [
  { name: 'rds.force_ssl', value: '1', applyMethod: 'immediate' },
  // The first is Aurora's default. Static: a cluster that runs has to be rebooted.
  { name: 'shared_preload_libraries', value: 'pg_stat_statements,pgaudit', applyMethod: 'pending-reboot' },
  { name: 'pgaudit.log', value: 'ddl,function,read,role,write', applyMethod: 'pending-reboot' },
  { name: 'log_connections', value: '1', applyMethod: 'pending-reboot' },
  { name: 'log_disconnections', value: '1', applyMethod: 'pending-reboot' },
];
