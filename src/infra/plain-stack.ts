import { TerraformElement, TerraformStack } from 'cdktf';
import type { Node } from 'constructs';

/**
 * A stack whose synthesized file reads like hand-written Terraform: an element is named by the last part of its
 * construct id behind a dot (`subnet.public` is `aws_subnet.public`), without hash or path, and carries no metadata.
 */
export class PlainStack extends TerraformStack {
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const { id } = TerraformElement.isTerraformElement(element) ? element.node : element;
    return id.slice(id.lastIndexOf('.') + 1);
  }

  override toTerraform(): unknown {
    const configuration: unknown = super.toTerraform();
    if (!isRecord(configuration)) return configuration;
    // The CLI reads the stack's own "//"; those of its elements repeat construct paths that nobody needs to review.
    return Object.fromEntries(
      Object.entries(configuration).map(([key, value]) => [key, key === '//' ? value : withoutMetadata(value)]),
    );
  }
}

function withoutMetadata(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMetadata);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '//')
      .map(([key, inner]) => [key, withoutMetadata(inner)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
