import type { Registration } from "../../../core/protocol/registration.ts";
import { Agent } from "../../../node-agent/agent.ts";
import { SqsTransport } from "../../../node-agent/ec2/sqs-transport.ts";
import type { ProcessEnd } from "../../../node-agent/process.ts";
import type { Time } from "../../../node-agent/time.ts";
import type { Loop } from "../../simulation/loop.ts";
import { memoryDisk } from "../../simulation/sim-machine.ts";
import { MemoryJobRecords } from "../memory-job-records.ts";
import type { SimMessage, SimSqs } from "./sim-sqs.ts";

/** Starts the real agent with its real way over SQS; every command ends well when `run` is done. */
export function startMachine(loop: Loop, sqs: SimSqs, registration: Registration, run: () => Promise<void>): void {
  const time: Time = {
    now: () => loop.now(),
    elapsed: () => loop.now(),
    after: (milliseconds, callback) => loop.after(milliseconds, callback),
    soon: (callback) => void loop.after(0, callback),
  };
  const received = new Map<string, SimMessage>();
  const queue = {
    receive: async (url: string) => {
      const messages = await sqs.receive(url);
      for (const message of messages) received.set(message.id, message);
      return messages.map(({ id, body }) => ({ receipt: id, body }));
    },
    remove: async (url: string, receipts: readonly string[]) => {
      await sqs.remove(
        url,
        receipts.flatMap((receipt) => received.get(receipt) ?? []),
      );
      for (const receipt of receipts) received.delete(receipt);
    },
    send: (url: string, body: string) => sqs.send(url, [{ body }]),
  };
  const keepNothing = async () => {};
  const transport = new SqsTransport(
    registration,
    queue,
    () => {},
    keepNothing,
    async () => undefined,
    () => {},
    time,
  );
  const agent = new Agent(
    { ipAddress: "10.0.0.1" },
    {
      transport,
      processes: {
        start: () => ({ ended: run().then((): ProcessEnd => ({ kind: "exited", exitCode: 0 })), kill: () => {} }),
      },
      disk: memoryDisk,
      retention: () => ({ keep: () => {}, keepsAny: false, close: () => {} }),
      jobRecords: new MemoryJobRecords(),
      uploadLog: async () => {},
      time,
      log: () => {},
    },
  );
  void agent.run();
}
