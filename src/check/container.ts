import type { Resource } from './configuration';
import { type Fields, objects, type Value } from './value';

/** The containers of an `aws_ecs_task_definition`, whose definitions are JSON. */
export function containersOf({ attributes }: Resource): readonly Fields[] {
  const { container_definitions: definitions } = attributes;
  if (typeof definitions === 'string' && definitions.startsWith('[')) return objects(JSON.parse(definitions) as Value);
  return objects(definitions);
}
