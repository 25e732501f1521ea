import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fleet, LaunchRequest, Machine } from "../../core/ports/fleet.ts";

export interface OpenFleet {
  readonly fleet: Fleet;
  /** So many machines it gives at most. */
  readonly maxMachines: number;
  close(): Promise<void>;
}

/** The promises of the fleet port. */
export function fleetContract(name: string, make: () => Promise<OpenFleet>): void {
  describe(`${name} keeps the fleet's promises`, () => {
    let open: OpenFleet;
    let fleet: Fleet;
    beforeEach(async () => {
      open = await make();
      fleet = open.fleet;
    });
    afterEach(() => open.close());

    const pool = { poolId: "pool" };
    const request = (wave: string, dedicated: number, lowPriority = 0): LaunchRequest => ({
      pool,
      wave,
      dedicated,
      lowPriority,
      vmSize: "small",
    });
    const ids = (machines: readonly { readonly machineId: string }[]) => machines.map(({ machineId }) => machineId).sort();
    const byId = (machines: readonly Machine[]) => [...machines].sort((a, b) => (a.machineId < b.machineId ? -1 : 1));

    it("gives what was asked for, each machine with a name and an address of its own", async () => {
      const { machines, shortfall } = await fleet.launch(request("w1", 2, 1));
      expect(shortfall).toBeUndefined();
      expect(machines.filter(({ dedicated }) => dedicated)).toHaveLength(2);
      expect(machines.filter(({ dedicated }) => !dedicated)).toHaveLength(1);
      for (const { machineId } of machines) expect(machineId).toMatch(/^[a-z0-9-]+$/);
      expect(new Set(ids(machines)).size).toBe(3);
      if (process.platform !== "darwin") expect(new Set(machines.map(({ ipAddress }) => ipAddress)).size).toBe(3);
    });

    it("lists the machines of the pool asked for, and no other's", async () => {
      const { machines } = await fleet.launch(request("w1", 2));
      await fleet.launch({ ...request("w2", 1), pool: { poolId: "other" } });
      expect(ids(await fleet.list(pool))).toEqual(ids(machines));
      expect(await fleet.list({ poolId: "nobody" })).toEqual([]);
    });

    it("answers the same machines to the same wave, at once or later, and starts no more", async () => {
      const [first, second] = await Promise.all([fleet.launch(request("w1", 2)), fleet.launch(request("w1", 2))]);
      const third = await fleet.launch(request("w1", 2));
      expect(ids(second.machines)).toEqual(ids(first.machines));
      expect(ids(third.machines)).toEqual(ids(first.machines));
      expect(await fleet.list(pool)).toHaveLength(2);
    });

    it("terminates the machines named, whether they are there or not", async () => {
      const { machines } = await fleet.launch(request("w1", 2));
      const [first, second] = ids(machines);
      await fleet.terminate(pool, [first ?? "", "nobody"]);
      expect(ids(await fleet.list(pool))).toEqual([second]);
      await fleet.terminate(pool, [first ?? "", second ?? ""]);
      expect(await fleet.list(pool)).toEqual([]);
    });

    it.each(["reboot", "reimage"] as const)("keeps names and addresses over a %s, of machines that are there", async (restart) => {
      const { machines } = await fleet.launch(request("w1", 2));
      await fleet[restart](pool, [machines[0]?.machineId ?? "", "nobody"]);
      expect(byId(await fleet.list(pool))).toEqual(byId(machines));
    });

    it("stops machines, which run no more, and starts them under their names and addresses", async () => {
      const { machines } = await fleet.launch(request("w1", 2));
      const [first, second] = ids(machines) as [string, string];
      await fleet.stop(pool, [first, "nobody"]);
      expect(ids(await fleet.list(pool))).toEqual([second]);
      await fleet.stop(pool, [first]);
      await fleet.start(pool, [first, second, "nobody"]);
      await fleet.start(pool, [first]);
      expect(byId(await fleet.list(pool))).toEqual(byId(machines));
    });

    it("terminates machines that are stopped, which start no more", async () => {
      const { machines } = await fleet.launch(request("w1", 1));
      await fleet.stop(pool, ids(machines));
      await fleet.terminate(pool, ids(machines));
      await fleet.start(pool, ids(machines));
      expect(await fleet.list(pool)).toEqual([]);
      expect((await fleet.launch(request("w2", open.maxMachines))).machines).toHaveLength(open.maxMachines);
    });

    it("leaves another pool's machines alone", async () => {
      const { machines } = await fleet.launch(request("w1", 1));
      for (const act of ["terminate", "reboot", "reimage", "stop", "start"] as const) await fleet[act]({ poolId: "other" }, ids(machines));
      expect(byId(await fleet.list(pool))).toEqual(byId(machines));
    });

    it("says what it could not give", async () => {
      const { machines, shortfall } = await fleet.launch(request("w1", open.maxMachines + 3));
      expect(machines).toHaveLength(open.maxMachines);
      expect(shortfall).toMatchObject({ code: "AccountCoreQuotaReached", message: expect.stringContaining("3") });
      const none = await fleet.launch(request("w2", 1));
      expect(none).toMatchObject({ machines: [], shortfall: { code: "AccountCoreQuotaReached" } });
      await fleet.terminate(pool, ids(machines).slice(0, 1));
      expect((await fleet.launch(request("w3", 1))).machines).toHaveLength(1);
    });
  });
}
