import type { ToNode } from "../../core/protocol/messages.ts";

export interface Letter {
  readonly receipt: string;
  readonly body: ToNode;
}

/** A machine that does not take its messages must not fill the server's memory; the sweep makes good what is refused. */
const MAX_LETTERS = 10_000;

/** The messages of each machine that it has not confirmed, in order. */
export class Mailboxes {
  private readonly boxes = new Map<string, Map<string, Letter>>();
  private count = 0;

  /** Throws, and keeps none, when the machine has too many. */
  add(machineId: string, messages: readonly ToNode[]): Letter[] {
    const box = this.boxes.get(machineId) ?? new Map<string, Letter>();
    if (box.size + messages.length > MAX_LETTERS)
      throw new Error(`The machine ${machineId} has ${box.size} messages that it does not take.`);
    this.boxes.set(machineId, box);
    return messages.map((body) => {
      const letter = { receipt: (this.count++).toString(36), body };
      box.set(letter.receipt, letter);
      return letter;
    });
  }

  waiting(machineId: string): Letter[] {
    return [...(this.boxes.get(machineId)?.values() ?? [])];
  }

  confirm(machineId: string, receipt: string): void {
    this.boxes.get(machineId)?.delete(receipt);
  }

  remove(machineId: string): void {
    this.boxes.delete(machineId);
  }
}
