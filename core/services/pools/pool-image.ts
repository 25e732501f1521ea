import type { PoolImage } from "../../domain/images.ts";
import type { PoolSpec } from "../../domain/specs.ts";

interface Machines {
  readonly virtualMachineConfiguration?: {
    readonly imageReference: { readonly publisher?: string; readonly offer?: string; readonly sku?: string };
  };
  readonly cloudServiceConfiguration?: { readonly osFamily: string; readonly osVersion: string };
}

/** The system that a pool asks for; undefined where it names an image by an id, which says nothing of it. */
export function imageOf(spec: PoolSpec): PoolImage | undefined {
  const { virtualMachineConfiguration, cloudServiceConfiguration } = spec as Machines;
  if (cloudServiceConfiguration) return { osFamily: cloudServiceConfiguration.osFamily };
  const { publisher, offer, sku } = virtualMachineConfiguration?.imageReference ?? {};
  return publisher && offer && sku ? { publisher, offer, sku } : undefined;
}

/** The version of the operating system that a pool's nodes shall have; undefined where the pool names none, as pools of virtual machines do. */
export function osVersionOf(spec: PoolSpec): string | undefined {
  return (spec as Machines).cloudServiceConfiguration?.osVersion;
}

/** The pool's specification with another version of the operating system; undefined where it can have none. */
export function withOsVersion(spec: PoolSpec, osVersion: string): PoolSpec | undefined {
  const { cloudServiceConfiguration } = spec as Machines;
  return cloudServiceConfiguration && { ...spec, cloudServiceConfiguration: { ...cloudServiceConfiguration, osVersion } };
}
