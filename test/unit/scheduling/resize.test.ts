import fc from "fast-check";
import { expect, it } from "vitest";
import type { Node, NodeState } from "../../../core/domain/node.ts";
import { planResize } from "../../../core/scheduling/resize.ts";

const node = (id: number, state: NodeState, dedicated: boolean, runningTasks: number) =>
  ({ id: `n${id}`, state, dedicated, runningTasks }) as Node;
const nodes = fc
  .array(fc.tuple(fc.constantFrom<NodeState>("idle", "running", "starting", "leavingpool", "unusable"), fc.boolean(), fc.nat(4)), {
    maxLength: 20,
  })
  .map((list) => list.map(([state, dedicated, running], id) => node(id, state, dedicated, running)));

it("reaches the target of each kind, and counts those that are leaving for nothing", () => {
  fc.assert(
    fc.property(nodes, fc.nat(10), fc.nat(10), (have, dedicated, lowPriority) => {
      const plan = planResize(have, { dedicated, lowPriority });
      const after = (kind: boolean) =>
        have.filter((one) => one.dedicated === kind && one.state !== "leavingpool" && !plan.remove.includes(one)).length;
      expect(after(true) + plan.launch.dedicated).toBe(dedicated);
      expect(after(false) + plan.launch.lowPriority).toBe(lowPriority);
      expect(plan.remove.some((one) => one.state === "leavingpool")).toBe(false);
    }),
  );
});

it("takes useless nodes before idle ones, and idle ones before those that run", () => {
  const have = [node(1, "running", true, 1), node(2, "idle", true, 0), node(3, "running", true, 3), node(4, "unusable", true, 0)];
  expect(planResize(have, { dedicated: 1, lowPriority: 0 }).remove.map((one) => one.id)).toEqual(["n4", "n2", "n1"]);
});
