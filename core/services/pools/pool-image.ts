import type { PoolImage } from "../../domain/images.ts";
import type { PoolSpec } from "../../domain/specs.ts";

interface Machines {
  readonly virtualMachineConfiguration?: {
    readonly imageReference: { readonly publisher?: string; readonly offer?: string; readonly sku?: string };
  };
  readonly cloudServiceConfiguration?: { readonly osFamily: string };
}

/** The system that a pool asks for; undefined where it names an image by an id, which says nothing of it. */
export function imageOf(spec: PoolSpec): PoolImage | undefined {
  const { virtualMachineConfiguration, cloudServiceConfiguration } = spec as Machines;
  if (cloudServiceConfiguration) return { osFamily: cloudServiceConfiguration.osFamily };
  const { publisher, offer, sku } = virtualMachineConfiguration?.imageReference ?? {};
  return publisher && offer && sku ? { publisher, offer, sku } : undefined;
}
