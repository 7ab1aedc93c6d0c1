/** Names that policies need before what they name is made, or although something else makes it. */
export function namesOf(namePrefix: string) {
  return {
    executionRole: `${namePrefix}-bastion-execution-role`,
    taskRole: `${namePrefix}-bastion-task-role`,
    cluster: `${namePrefix}-bastion-cluster`,
    logGroups: {
      /** What containers write. */
      container: `/ecs/${namePrefix}-bastion`,
      /** What is typed and shown in sessions. */
      sessions: `/ecs/${namePrefix}-bastion-sessions`,
      /** RDS writes here, by this name; made first, it has our key and retention. */
      database: `/aws/rds/cluster/${namePrefix}-aurora-cluster/postgresql`,
      flows: `/aws/vpc/${namePrefix}-flow-logs`,
    },
  } as const;
}

export type Names = ReturnType<typeof namesOf>;
