/** What control plane and agents say about the instances of a multi-instance task. */
import type { TaskRef } from "../domain/refs.ts";
import type { ResourceFile } from "../domain/specs.ts";
import type { Member } from "../domain/subtask.ts";

/** What an instance's node needs to know beside the order for the task. */
export interface InstanceOrder extends Member {
  /** The addresses of all the nodes, by instance. */
  readonly hosts: readonly string[];
  /** Without one, the instance has coordinated as soon as its files are there. */
  readonly coordinationCommandLine?: string;
  readonly commonResourceFiles?: readonly ResourceFile[];
}

/** To the primary: every instance has coordinated, so the task's own command line may run. */
export interface Begin {
  readonly kind: "begin";
  readonly task: TaskRef;
  readonly attempt: number;
}

/**
 * The attempt is over, for whatever reason: the instance ends, and is reported finished; one that never came is reported returned, and its lease done, and
 * must not start any more.
 */
export interface Disband {
  readonly kind: "disband";
  readonly task: TaskRef;
  readonly attempt: number;
  readonly member: Member;
  readonly lease: string;
}

/** The instance's coordination command has ended well. The primary says it again until it may begin. */
export interface Coordinated {
  readonly kind: "coordinated";
  readonly task: TaskRef;
  readonly attempt: number;
  readonly member: Member;
}
