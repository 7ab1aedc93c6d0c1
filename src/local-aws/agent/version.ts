/**
 * Below 0 when a version is earlier than another, above 0 when it is later: part by part, and of two that agree so far
 * the one with fewer parts is the earlier (amazon-ssm-agent `agent/versionutil`, strict).
 */
export function compareVersions(version: string, other: string): number {
  const [left, right] = [version.split('.'), other.split('.')];
  for (const [index, part] of left.slice(0, right.length).entries()) {
    const difference = Number(part) - Number(right[index]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
