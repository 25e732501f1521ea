/** What a client may give and nobody reads back, as `Definition.property`. */
const SECRETS: ReadonlySet<string> = new Set([
  "AzureBlobFileSystemConfiguration.accountKey",
  "AzureBlobFileSystemConfiguration.sasKey",
  "AzureFileShareConfiguration.accountKey",
  "CIFSMountConfiguration.password",
  "CertificateAddParameter.data",
  "CertificateAddParameter.password",
  "ComputeNodeUser.password",
  "ContainerRegistry.password",
  "LinuxUserConfiguration.sshPrivateKey",
  "NodeUpdateUserParameter.password",
  "UserAccount.password",
  "UserAccount.sshPrivateKey",
  "VMExtension.protectedSettings",
]);

/** Whether the property is never shown in an answer. */
export function isSecret(definition: string, property: string): boolean {
  return SECRETS.has(`${definition}.${property}`);
}
