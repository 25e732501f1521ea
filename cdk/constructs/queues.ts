import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

/** Longer than any function that takes from the queues runs. */
const VISIBILITY = Duration.seconds(120);
const TRIES = 10;
const DEAD_LETTERS_STAY = Duration.days(14);

export interface QueuesProps {
  readonly service: string;
  /** Is told when anything ends in a dead-letter queue. */
  readonly alarms: ITopic | undefined;
}

/** The queues of the control plane, each with its dead letters and an alarm on these. Named, since SQS knows a FIFO queue by its name. */
export class Queues extends Construct {
  readonly events: Queue;
  readonly doorbell: Queue;
  readonly work: Queue;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: QueuesProps,
  ) {
    super(scope, id);
    this.events = this.make("Events", "node-events", false);
    this.doorbell = this.make("Doorbell", "pool-doorbell", true);
    this.work = this.make("Work", "work", false);
  }

  private make(id: string, name: string, fifo: boolean): Queue {
    const { service, alarms } = this.props;
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, ...(fifo ? { fifo } : {}) };
    const ending = fifo ? ".fifo" : "";
    const dead = new Queue(this, `${id}Dead`, {
      ...common,
      queueName: `${service}-${name}-dead${ending}`,
      retentionPeriod: DEAD_LETTERS_STAY,
    });
    const alarm = new Alarm(this, `${id}Alarm`, {
      alarmDescription: `Messages of ${service}-${name} could not be handled ${TRIES} times. See docs/deploy.md.`,
      metric: dead.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: "Maximum" }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (alarms) alarm.addAlarmAction(new SnsAction(alarms));
    return new Queue(this, id, {
      ...common,
      queueName: `${service}-${name}${ending}`,
      visibilityTimeout: VISIBILITY,
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: dead, maxReceiveCount: TRIES },
      ...(fifo
        ? { deduplicationScope: DeduplicationScope.MESSAGE_GROUP, fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID }
        : {}),
    });
  }
}
