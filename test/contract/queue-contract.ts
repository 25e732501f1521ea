import { describe, expect, it } from "vitest";
import type { Clock } from "../../core/ports/clock.ts";
import type { Message, Queue } from "../../core/ports/queue.ts";

export interface OpenQueue {
  readonly queue: Queue<string>;
  readonly clock: Clock;
  /** Lets so much time pass. */
  advance(milliseconds: number): Promise<void>;
  deadLetters(): Promise<{ count: number; bodies: string[] }>;
  close(): Promise<void>;
}

export interface QueueKind {
  readonly fifo: boolean;
  readonly maxReceives: number;
}

/** The promises of the queue port, for any queue whose time a test can move. */
export function queueContract(name: string, make: (kind: QueueKind) => Promise<OpenQueue>): void {
  const using = async (kind: Partial<QueueKind>, work: (open: OpenQueue) => Promise<void>) => {
    const open = await make({ fifo: false, maxReceives: 5, ...kind });
    try {
      await work(open);
    } finally {
      await open.close();
    }
  };
  const now = { max: 10, visibilitySeconds: 30 };
  const bodies = (deliveries: readonly { readonly body: string }[]) => deliveries.map(({ body }) => body);
  const inGroup = (group: string, ...texts: string[]): Message<string>[] => texts.map((body) => ({ body, group }));

  describe(`${name} keeps a standard queue's promises`, () => {
    it("gives each message, counts its receives, and never again once acknowledged", () =>
      using({}, async ({ queue, advance }) => {
        await queue.send([{ body: "a" }, { body: "b" }]);
        const taken = await queue.receive(now);
        expect(bodies(taken).sort()).toEqual(["a", "b"]);
        expect(taken.map(({ receiveCount }) => receiveCount)).toEqual([1, 1]);
        expect(new Set(taken.map(({ id }) => id)).size).toBe(2);
        await queue.acknowledge(taken.map(({ receipt }) => receipt));
        await advance(60_000);
        expect(await queue.receive(now)).toEqual([]);
      }));

    it("takes at most what was asked for", () =>
      using({}, async ({ queue }) => {
        await queue.send(Array.from({ length: 7 }, (_, n) => ({ body: String(n) })));
        expect(await queue.receive({ ...now, max: 3 })).toHaveLength(3);
        expect(await queue.receive({ ...now, max: 10 })).toHaveLength(4);
        await expect(queue.receive({ ...now, max: 0 })).rejects.toThrow("at least 1");
      }));

    it("hides what was taken until its visibility passes, then gives it under a new receipt", () =>
      using({}, async ({ queue, advance }) => {
        await queue.send([{ body: "a" }]);
        const [first] = await queue.receive(now);
        await advance(29_000);
        expect(await queue.receive(now)).toEqual([]);
        await advance(1_001);
        const [second] = await queue.receive(now);
        expect(second).toMatchObject({ id: first?.id, body: "a", receiveCount: 2 });
        // The first receipt is no longer good.
        await queue.acknowledge([first?.receipt ?? ""]);
        await queue.postpone(first?.receipt ?? "", 0);
        expect(await queue.receive(now)).toEqual([]);
        await queue.acknowledge([second?.receipt ?? ""]);
        await advance(60_000);
        expect(await queue.receive(now)).toEqual([]);
      }));

    it("gives a postponed message again when its time has come", () =>
      using({}, async ({ queue, advance }) => {
        await queue.send([{ body: "a" }]);
        const [first] = await queue.receive(now);
        await queue.postpone(first?.receipt ?? "", 50);
        await advance(49_000);
        expect(await queue.receive(now)).toEqual([]);
        await advance(1_001);
        const [second] = await queue.receive(now);
        expect(second).toMatchObject({ body: "a", receiveCount: 2 });
        await queue.postpone(second?.receipt ?? "", 0);
        expect(bodies(await queue.receive(now))).toEqual(["a"]);
      }));

    it("keeps a delayed message back", () =>
      using({}, async ({ queue, advance }) => {
        await queue.send([{ body: "late", delaySeconds: 900 }, { body: "now" }]);
        expect(bodies(await queue.receive(now))).toEqual(["now"]);
        await advance(899_000);
        expect(bodies(await queue.receive(now))).toEqual(["now"]);
        await advance(1_001);
        expect(bodies(await queue.receive(now))).toContain("late");
      }));

    it("wakes who waits: for a message that is sent, and for one that becomes due", () =>
      using({}, async ({ queue, advance }) => {
        const first = queue.receive({ ...now, waitSeconds: 20 });
        const second = queue.receive({ ...now, waitSeconds: 20 });
        await queue.send([{ body: "a" }]);
        expect(bodies(await first)).toEqual(["a"]);
        await queue.send([{ body: "b", delaySeconds: 5 }]);
        await advance(5_001);
        expect(bodies(await second)).toEqual(["b"]);
      }));

    it("lets a wait end with nothing", () =>
      using({}, async ({ queue, advance }) => {
        const waiting = queue.receive({ ...now, waitSeconds: 20 });
        await advance(20_001);
        expect(await waiting).toEqual([]);
        await queue.send([{ body: "a" }]);
        expect(bodies(await queue.receive(now))).toEqual(["a"]);
      }));

    it("puts aside a message that was received too often, and counts it", () =>
      using({ maxReceives: 3 }, async ({ queue, advance, deadLetters }) => {
        await queue.send([{ body: "poison" }, { body: "good" }]);
        const good = (await queue.receive(now)).find(({ body }) => body === "good");
        await queue.acknowledge([good?.receipt ?? ""]);
        for (let receive = 2; receive <= 3; receive++) {
          await advance(30_001);
          expect(await queue.receive(now)).toMatchObject([{ body: "poison", receiveCount: receive }]);
        }
        await advance(30_001);
        expect(await queue.receive(now)).toEqual([]);
        expect(await deadLetters()).toEqual({ count: 1, bodies: ["poison"] });
      }));

    it("refuses a delay over 900 seconds, and takes none of the messages sent with it", () =>
      using({}, async ({ queue }) => {
        await expect(queue.send([{ body: "a" }, { body: "b", delaySeconds: 901 }])).rejects.toThrow("900");
        expect(await queue.receive(now)).toEqual([]);
      }));
  });

  describe(`${name} keeps a FIFO queue's promises`, () => {
    it("gives a group's messages in order, and no more of it until all that were taken are settled", () =>
      using({ fifo: true }, async ({ queue }) => {
        await queue.send(inGroup("g", "1", "2", "3"));
        const taken = await queue.receive({ ...now, max: 2 });
        expect(bodies(taken)).toEqual(["1", "2"]);
        expect(taken.map(({ group }) => group)).toEqual(["g", "g"]);
        expect(await queue.receive(now)).toEqual([]);
        await queue.acknowledge([taken[0]?.receipt ?? ""]);
        expect(await queue.receive(now)).toEqual([]);
        await queue.acknowledge([taken[1]?.receipt ?? ""]);
        expect(bodies(await queue.receive(now))).toEqual(["3"]);
      }));

    it("gives other groups meanwhile", () =>
      using({ fifo: true }, async ({ queue }) => {
        await queue.send([...inGroup("g", "g1", "g2"), ...inGroup("h", "h1")]);
        expect(bodies(await queue.receive({ ...now, max: 1 }))).toEqual(["g1"]);
        expect(bodies(await queue.receive({ ...now, max: 1 }))).toEqual(["h1"]);
        expect(await queue.receive(now)).toEqual([]);
      }));

    it("gives what came back before what came after it", () =>
      using({ fifo: true }, async ({ queue, advance }) => {
        await queue.send(inGroup("g", "1", "2", "3"));
        const [, second] = await queue.receive({ ...now, max: 2 });
        await queue.postpone(second?.receipt ?? "", 5);
        await advance(5_001);
        // The first is still out.
        expect(await queue.receive(now)).toEqual([]);
        await advance(25_000);
        expect(bodies(await queue.receive(now))).toEqual(["1", "2", "3"]);
      }));

    it("goes on with a group whose first message was given up", () =>
      using({ fifo: true, maxReceives: 1 }, async ({ queue, advance, deadLetters }) => {
        await queue.send(inGroup("g", "poison", "good"));
        await queue.receive({ ...now, max: 1 });
        await advance(30_001);
        expect(bodies(await queue.receive(now))).toEqual(["good"]);
        expect(await deadLetters()).toEqual({ count: 1, bodies: ["poison"] });
      }));

    it("refuses a message without a group", () =>
      using({ fifo: true }, async ({ queue }) => {
        await expect(queue.send([{ body: "a" }])).rejects.toThrow("group");
      }));
  });
}
