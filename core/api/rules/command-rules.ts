import { invalidProperty } from "../../domain/errors.ts";
import type { ContainerSettings, EnvironmentSetting, ResourceFile, UserIdentity } from "../../domain/specs.ts";
import { checkContainer } from "./container-rules.ts";
import { checkNotEmpty, checkText } from "./ranges.ts";
import { checkResourceFiles } from "./resource-file-rules.ts";

/** What tasks of every kind have in common: a command, what it finds when it starts, and as whom it runs. */
export interface Command {
  readonly commandLine: string;
  readonly resourceFiles?: readonly ResourceFile[];
  readonly environmentSettings?: readonly EnvironmentSetting[];
  readonly userIdentity?: UserIdentity;
  readonly containerSettings?: ContainerSettings;
}

/** The command checked, and complete with the identity that it runs under. `path` ends in a dot, or is empty. */
export function completeCommand<T extends Command>(command: T, path: string): T & { readonly userIdentity: UserIdentity } {
  checkNotEmpty(command.commandLine, `${path}commandLine`);
  checkText(command.commandLine, `${path}commandLine`);
  checkResourceFiles(command.resourceFiles, `${path}resourceFiles`);
  checkContainer(command.containerSettings, `${path}containerSettings`);
  const settings = command.environmentSettings;
  return {
    ...command,
    ...(settings && { environmentSettings: environment(settings, `${path}environmentSettings`) }),
    userIdentity: identity(command.userIdentity, `${path}userIdentity`),
  };
}

/** Environment settings checked; of two with one name the last wins, as in any environment. */
export function environment(settings: readonly EnvironmentSetting[], path: string): readonly EnvironmentSetting[] {
  settings.forEach(({ name, value }, index) => {
    const at = `${path}[${index}]`;
    if (name === "" || name.includes("="))
      throw invalidProperty(`${at}.name`, name, "The value must be the name of an environment variable.");
    checkText(name, `${at}.name`);
    checkText(value, `${at}.value`);
  });
  return [...new Map(settings.map((setting) => [setting.name, setting])).values()];
}

/** Without a word of its own a task runs as the pool's user of its node, not an administrator. */
function identity(given: UserIdentity | undefined, path: string): UserIdentity {
  if (given?.username !== undefined) {
    if (given.autoUser) throw invalidProperty(`${path}.autoUser`, given.autoUser, "Give either username or autoUser.");
    if (given.username === "") throw invalidProperty(`${path}.username`, "", "The value must name a user account of the pool.");
    return given;
  }
  return { autoUser: { scope: "pool", elevationLevel: "nonadmin", ...given?.autoUser } };
}
