import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../../adapters/memory/manual-clock.ts";
import type { NodeEvent, TaskOrder } from "../../../core/protocol/messages.ts";
import type { Command } from "../../../node-agent/launcher-protocol.ts";
import type { ProcessEnd } from "../../../node-agent/process.ts";
import { Workload } from "../../../node-agent/workload.ts";
import { memoryDisk } from "../../simulation/sim-machine.ts";
import { order } from "../../support/fake-control-plane.ts";

interface Started {
  readonly command: Command;
  readonly end: (exitCode: number) => void;
  ended: boolean;
  leftEnded: boolean;
}

let clock: ManualClock;
let events: NodeEvent[];
let started: Started[];
let workload: Workload;
beforeEach(() => {
  clock = new ManualClock();
  events = [];
  started = [];
  const now = () => clock.now();
  const time = {
    now,
    elapsed: now,
    after: (milliseconds: number, callback: () => void) => {
      const timer = clock.set(callback, milliseconds);
      return () => clock.clear(timer);
    },
    soon: (callback: () => void) => void clock.set(callback, 0),
  };
  const jobs = { before: () => undefined, taskGone: () => {}, load: () => ({}) };
  workload = new Workload(
    (event) => void events.push(event),
    () => {},
    jobs,
    time,
    () => {},
  );
  const processes = {
    start: (command: Command) => {
      let settle = (_: ProcessEnd) => {};
      const ended = new Promise<ProcessEnd>((resolve) => {
        settle = resolve;
      });
      const one: Started = {
        command,
        end: (exitCode) => {
          one.ended = true;
          settle({ kind: "exited", exitCode });
        },
        ended: false,
        leftEnded: false,
      };
      started.push(one);
      const endLeft = async () => {
        one.leftEnded = true;
      };
      return { ended, kill: () => !one.ended && one.end(137), endLeft };
    },
  };
  workload.open({ disk: memoryDisk, time, environment: {}, processes, retention: { keep: () => {} } }, 1);
});

const member = (instance: number, gang = "g1") => ({ gang, instance });
const instanceOrder = (instance: number, more: Partial<TaskOrder> = {}, gang = "g1") =>
  order("t", "own", {
    multi: { ...member(instance, gang), hosts: ["10.0.0.1", "10.0.0.2"], coordinationCommandLine: "coordinate" },
    ...more,
  });
const kinds = () => events.map(({ kind }) => kind);
const turn = () => clock.advance(0);
const begin = () => workload.begin({ task: instanceOrder(0).task, attempt: instanceOrder(0).attempt });
const disband = (instance: number, gang = "g1", lease = "l1") =>
  workload.disband({ task: instanceOrder(instance).task, attempt: instanceOrder(instance).attempt, member: member(instance, gang), lease });

describe("a primary", () => {
  it("coordinates, waits until it may begin, then runs its own command, and ends what the first left running", async () => {
    workload.arrive("l1", [instanceOrder(0)], false);
    await turn();
    expect(started.map(({ command }) => [command.argv[0], command.lingers, command.stdout])).toEqual([
      ["coordinate", true, "/d/coordination-stdout.txt"],
    ]);
    expect(started[0]?.command.env).toMatchObject({
      AZ_BATCH_HOST_LIST: "10.0.0.1,10.0.0.2",
      AZ_BATCH_NODE_LIST: "10.0.0.1;10.0.0.2",
      AZ_BATCH_MASTER_NODE: "10.0.0.1:6000",
      AZ_BATCH_IS_CURRENT_NODE_MASTER: "true",
      AZ_BATCH_TASK_SHARED_DIR: "/d",
      CCP_NODES: "2 10.0.0.1 1 10.0.0.2 1",
    });
    started[0]?.end(0);
    await turn();
    expect(events).toEqual([expect.objectContaining({ kind: "coordinated", member: member(0) })]);
    await clock.advance(15_000);
    // The word may have been lost.
    expect(kinds().filter((kind) => kind === "coordinated")).toHaveLength(2);
    begin();
    await turn();
    expect(started[1]?.command).toMatchObject({ argv: ["own"], stdout: "/d/out" });
    expect(started[0]?.leftEnded).toBe(false);
    started[1]?.end(0);
    await turn();
    expect(started[0]?.leftEnded).toBe(true);
    expect(events.slice(-2)).toMatchObject([
      { kind: "task-finished", member: member(0), end: { exitCode: 0 } },
      { kind: "lease-done", lease: "l1" },
    ]);
    await clock.advance(60_000);
    expect(kinds().at(-1)).toBe("lease-done");
  });

  it("is ended by its wall clock while it waits for the others", async () => {
    workload.arrive("l1", [instanceOrder(0, { maxWallClockMs: 5_000 })], false);
    await turn();
    started[0]?.end(0);
    await clock.advance(5_000);
    await turn();
    expect(started[0]?.leftEnded).toBe(true);
    expect(events.find(({ kind }) => kind === "task-finished")).toMatchObject({ end: { failure: { code: "TaskEnded" } } });
    expect(started).toHaveLength(1);
  });

  it("fails with its coordination command, as by the command's own exit code", async () => {
    workload.arrive("l1", [instanceOrder(0)], false);
    await turn();
    started[0]?.end(3);
    await turn();
    expect(events[0]).toMatchObject({ kind: "task-finished", end: { exitCode: 3, failure: { code: "FailureExitCode" } } });
  });
});

describe("another instance", () => {
  it("stays until it is told that all is over", async () => {
    workload.arrive("l1", [instanceOrder(1)], false);
    await turn();
    expect(started[0]?.command.stdout).toBe("/d/out");
    started[0]?.end(0);
    await turn();
    begin();
    await clock.advance(60_000);
    expect(kinds()).toEqual(["coordinated"]);
    disband(1);
    await turn();
    expect(started).toHaveLength(1);
    expect(started[0]?.leftEnded).toBe(true);
    expect(events.slice(1)).toMatchObject([{ kind: "task-finished", member: member(1), end: { exitCode: 0 } }, { kind: "lease-done" }]);
  });

  it("never starts after it was told that all is over", async () => {
    disband(1);
    expect(events).toMatchObject([
      { kind: "task-returned", member: member(1) },
      { kind: "lease-done", lease: "l1" },
    ]);
    workload.arrive("l1", [instanceOrder(1)], false);
    await turn();
    expect(started).toEqual([]);
  });

  it("is not touched by what is said of a gang that was never given the attempt", async () => {
    disband(0, "g0", "l0");
    workload.arrive("l1", [instanceOrder(1)], false);
    await turn();
    disband(0, "g0", "l0");
    await turn();
    expect(started[0]?.ended).toBe(false);
    expect(kinds()).toEqual(["task-returned", "lease-done", "task-returned", "lease-done"]);
    workload.stop(instanceOrder(1), "requeue");
    await turn();
    expect(events.slice(-2)).toMatchObject([
      { kind: "task-returned", why: "requeue", member: member(1) },
      { kind: "lease-done", lease: "l1" },
    ]);
  });
});
