import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { ContainerConfiguration, ContainerRegistry, ContainerSettings } from "../../domain/specs.ts";
import { checkNotEmpty, checkText } from "./ranges.ts";

/** Refuses settings of a container, where there are any, that no engine could be told. */
export function checkContainer(settings: ContainerSettings | undefined, path: string): void {
  if (settings === undefined) return;
  checkImage(settings.imageName, `${path}.imageName`);
  if (settings.containerRunOptions !== undefined) checkText(settings.containerRunOptions, `${path}.containerRunOptions`);
  if (settings.registry) checkRegistry(settings.registry, `${path}.registry`);
  settings.containerHostBatchBindMounts?.forEach(({ source }, index) => {
    if (source === undefined) {
      throw new Refusal("MissingRequiredProperty", { PropertyName: `${path}.containerHostBatchBindMounts[${index}].source` });
    }
  });
}

/** Refuses images and registries of a pool that no engine could be told. */
export function checkContainerConfiguration(configuration: ContainerConfiguration | undefined): void {
  const path = "virtualMachineConfiguration.containerConfiguration";
  configuration?.containerImageNames?.forEach((name, index) => {
    checkImage(name, `${path}.containerImageNames[${index}]`);
  });
  configuration?.containerRegistries?.forEach((registry, index) => {
    checkRegistry(registry, `${path}.containerRegistries[${index}]`);
  });
}

/** The name of an image: an engine must not take it for an option. */
function checkImage(name: string, path: string): void {
  checkNotEmpty(name, path);
  checkText(name, path);
  if (name.startsWith("-") || /\s/.test(name))
    throw invalidProperty(path, name, "The value must be the name of an image, such as ubuntu:22.04.");
}

/** A registry that asks for a password must be told whose; both or neither. */
function checkRegistry({ username, password, registryServer }: ContainerRegistry, path: string): void {
  if (username !== undefined && password === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: `${path}.password` });
  if (password !== undefined && username === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: `${path}.username` });
  if (registryServer !== undefined && !/^(https?:\/\/)?[A-Za-z0-9.-]+(:\d{1,5})?(\/\S*)?$/.test(registryServer)) {
    throw invalidProperty(`${path}.registryServer`, registryServer, "The value must be the name of a server, such as example.azurecr.io.");
  }
}
