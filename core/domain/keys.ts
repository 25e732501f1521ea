import type { Key } from "../ports/store.ts";
import type { JobRef, ScheduleRef, TaskRef } from "./refs.ts";

/**
 * Where every item lives. Ids are compared without case, so they are lowered in keys; a job's own partitions carry its uid, so
 * that what a deleted job left behind can never show up in a new job of the same id.
 */
export class Keys {
  private readonly account: string;
  constructor(
    accountName: string,
    /** Over how many partitions a job's tasks are spread; fixed for the life of the store. */
    private readonly taskShards: number,
  ) {
    this.account = accountName.toLowerCase();
  }

  pools(): { pk: string; prefix: string } {
    return { pk: `acct#${this.account}`, prefix: "pool#" };
  }
  pool(poolId: string): Key {
    return { pk: `acct#${this.account}`, sk: `pool#${poolId.toLowerCase()}` };
  }
  jobs(): { pk: string; prefix: string } {
    return { pk: `acct#${this.account}`, prefix: "job#" };
  }
  job(jobId: string): Key {
    return { pk: `acct#${this.account}`, sk: `job#${jobId.toLowerCase()}` };
  }
  schedules(): { pk: string; prefix: string } {
    return { pk: `acct#${this.account}`, prefix: "schedule#" };
  }
  schedule(scheduleId: string): Key {
    return { pk: `acct#${this.account}`, sk: `schedule#${scheduleId.toLowerCase()}` };
  }
  /** The jobs of a schedule: their ids begin with its own, and no other job's id holds a colon. */
  jobsOfSchedule(scheduleId: string): { pk: string; prefix: string } {
    return { pk: `acct#${this.account}`, prefix: `job#${scheduleId.toLowerCase()}:` };
  }
  nodes(poolId: string): { pk: string; prefix: string } {
    return { pk: `pool#${this.account}#${poolId.toLowerCase()}`, prefix: "node#" };
  }
  node(poolId: string, nodeId: string): Key {
    return { pk: this.nodes(poolId).pk, sk: `node#${nodeId.toLowerCase()}` };
  }

  /** The partitions over which a job's tasks are spread. */
  taskPartitions(job: JobRef): string[] {
    return Array.from({ length: this.taskShards }, (_, shard) => this.taskPartition(job, shard));
  }
  task(task: TaskRef): Key {
    const sk = task.taskId.toLowerCase();
    return { pk: this.taskPartition(task, shardOf(sk, this.taskShards)), sk };
  }
  private taskPartition(job: JobRef, shard: number): string {
    return `task#${this.account}#${job.jobId.toLowerCase()}~${job.uid}#${shard}`;
  }
  /** The partitions of the instances of a job's multi-instance tasks. */
  subtaskPartitions(job: JobRef): string[] {
    return Array.from({ length: this.taskShards }, (_, shard) => this.subtaskPartition(job, shard));
  }
  /** Everything about the instances of a task; of one gang, where that is given. */
  subtasks(task: TaskRef, gang?: string): { pk: string; prefix: string } {
    const id = task.taskId.toLowerCase();
    const pk = this.subtaskPartition(task, shardOf(id, this.taskShards));
    return { pk, prefix: gang === undefined ? `${id}#` : `${id}#${gang}#i` };
  }
  subtask(task: TaskRef, gang: string, instance: number): Key {
    const { pk, prefix } = this.subtasks(task, gang);
    return { pk, sk: `${prefix}${String(instance).padStart(5, "0")}` };
  }
  /** Which of a block of a gang's instances have coordinated; without a block, which blocks have. */
  coordination(task: TaskRef, gang: string, block?: number): Key {
    const { pk, prefix } = this.subtasks(task);
    return { pk, sk: `${prefix}${gang}#c${block ?? ""}` };
  }
  private subtaskPartition(job: JobRef, shard: number): string {
    return `sub#${this.account}#${job.jobId.toLowerCase()}~${job.uid}#${shard}`;
  }
  counts(job: JobRef): Key {
    return { pk: `job#${this.account}#${job.jobId.toLowerCase()}~${job.uid}`, sk: "counts" };
  }

  /** What of a job's statistics the account's have. */
  rolledUp(job: JobRef): Key {
    return { pk: this.counts(job).pk, sk: "rolled-up" };
  }
  /** What all pools, or all jobs, used that are gone or were rolled up. */
  lifetime(kind: "pools" | "jobs"): Key {
    return { pk: `stats#${this.account}`, sk: kind };
  }
  /** What all jobs of a schedule used that were rolled up. */
  scheduleStats(schedule: ScheduleRef): Key {
    return { pk: `stats#${this.account}`, sk: `schedule#${schedule.scheduleId.toLowerCase()}~${schedule.uid}` };
  }
  /** What pools used, by intervals. */
  usage(): string {
    return `usage#${this.account}`;
  }

  /** What became of a job's preparation and release, a node each. */
  jobNodes(job: JobRef): { pk: string; prefix: string } {
    return { pk: `prep#${this.account}#${job.jobId.toLowerCase()}~${job.uid}`, prefix: "node#" };
  }
  jobNode(job: JobRef, nodeId: string): Key {
    return { pk: this.jobNodes(job).pk, sk: `node#${nodeId.toLowerCase()}` };
  }
  /** The nodes that are to release a job when it is over. */
  nodesToRelease(job: JobRef): { pk: string; prefix: string } {
    return { pk: this.jobNodes(job).pk, prefix: "open#" };
  }
  nodeToRelease(job: JobRef, nodeId: string): Key {
    return { pk: this.jobNodes(job).pk, sk: `open#${nodeId.toLowerCase()}` };
  }

  /** The partitions of who waits for which task of a job. */
  dependencyPartitions(job: JobRef): string[] {
    return Array.from({ length: this.taskShards }, (_, shard) => this.dependencyPartition(job, shard));
  }
  /** Those that wait for a task, by its id in lower case. */
  dependants(job: JobRef, upstream: string): { pk: string; prefix: string } {
    return { pk: this.dependencyPartition(job, shardOf(upstream, this.taskShards)), prefix: `${upstream}#` };
  }
  /** A part of a long list of what a task waits for. `~` begins no id. */
  dependencyGroup(job: JobRef, name: string): Key {
    return { pk: this.dependencyPartition(job, shardOf(name, this.taskShards)), sk: name };
  }
  /** Which of a stretch of integer ids have satisfied those that wait for them. */
  idBlock(job: JobRef, level: number, index: number): Key {
    const name = `${level}:${index}`;
    return { pk: this.dependencyPartition(job, shardOf(name, this.taskShards)), sk: `~b#${name}` };
  }
  /** Those that wait for bits of an id block. */
  blockWatchers(job: JobRef, level: number, index: number): { pk: string; prefix: string } {
    return { pk: this.idBlock(job, level, index).pk, prefix: `~w#${level}:${index}#` };
  }
  private dependencyPartition(job: JobRef, shard: number): string {
    return `dep#${this.account}#${job.jobId.toLowerCase()}~${job.uid}#${shard}`;
  }

  /** A job's waiting tasks, about 25 a chunk, in the order of arrival. */
  ready(job: JobRef): string {
    return `ready#${this.account}#${job.jobId.toLowerCase()}~${job.uid}`;
  }
  /** The jobs that may have waiting tasks for a pool, the highest priority first. */
  waiting(poolId: string): string {
    return `waiting#${this.account}#${poolId.toLowerCase()}`;
  }
  waitingJob(poolId: string, priority: number, uid: string): Key {
    return { pk: this.waiting(poolId), sk: `${String(1000 - priority).padStart(4, "0")}#${uid}` };
  }
  /** The nodes of a pool that had room left after a pass. */
  offers(poolId: string): string {
    return `offer#${this.account}#${poolId.toLowerCase()}`;
  }
  offer(poolId: string, nodeId: string): Key {
    return { pk: this.offers(poolId), sk: nodeId.toLowerCase() };
  }
  /** What was handed to which node, one item per node and pass. */
  leases(poolId: string): string {
    return `lease#${this.account}#${poolId.toLowerCase()}`;
  }
  lease(poolId: string, nodeId: string, lease: string): Key {
    return { pk: this.leases(poolId), sk: `${nodeId.toLowerCase()}#${lease}` };
  }
}

/** FNV-1a: cheap, and the same everywhere for ever. */
function shardOf(text: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}
