/** What a pool must have beside its id, in every API version: the machines that most tests and benches ask for. */
export const MACHINES = {
  vmSize: "standard_d2_v3",
  virtualMachineConfiguration: {
    imageReference: { publisher: "canonical", offer: "0001-com-ubuntu-server-jammy", sku: "22_04-lts" },
    nodeAgentSKUId: "batch.node.ubuntu 22.04",
  },
} as const;
