import type { ContainerConfiguration } from "./specs.ts";

/** What a pool's nodes are to have ready for containers; undefined where nothing is asked for. */
export function containersOf({ spec }: { readonly spec: { readonly [name: string]: unknown } }): ContainerConfiguration | undefined {
  const machines = spec.virtualMachineConfiguration as { readonly containerConfiguration?: ContainerConfiguration } | undefined;
  const { containerImageNames = [], containerRegistries = [] } = machines?.containerConfiguration ?? {};
  if (containerImageNames.length + containerRegistries.length === 0) return undefined;
  return { containerImageNames, containerRegistries };
}
