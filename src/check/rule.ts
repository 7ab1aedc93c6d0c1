import type { Configuration, Resource } from './configuration';

/** Something that a configuration should not have. */
export interface Rule {
  /** Checkov's id (`CKV_…`), Trivy's (`AVD-…`), or our own (`AB_…`). */
  readonly id: string;
  /** Ids of the same rule elsewhere. */
  readonly also?: readonly string[];
  /** What is wrong, as a sentence about the resource. */
  readonly what: string;
  readonly remedy: string;
  /** What breaks it. */
  readonly violations: (configuration: Configuration) => readonly Resource[];
}

/** The resources of some types that are wrong. */
export function each(
  types: string | readonly string[],
  isWrong: (resource: Resource, configuration: Configuration) => boolean,
): Rule['violations'] {
  return (configuration) =>
    configuration.ofType(...[types].flat()).filter((resource) => isWrong(resource, configuration));
}
