import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** A key that was put in a secret's place is known everywhere after so long. */
const FRESH_MS = 60_000;

/** The values of some secrets, read again after a minute, so that keys can be replaced while the service runs. */
export class Secrets {
  private values: readonly string[] = [];
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly client: SecretsManagerClient,
    private readonly ids: readonly string[],
    private readonly now: () => number,
  ) {}

  /** In the order of their ids. Where they cannot be read again, those of before go on being good. */
  async read(): Promise<readonly string[]> {
    if (this.now() - this.readAt < FRESH_MS) return this.values;
    try {
      this.values = await Promise.all(this.ids.map((id) => this.one(id)));
    } catch (error) {
      if (this.values.length === 0) throw error;
    }
    this.readAt = this.now();
    return this.values;
  }

  /** The first of them, as last read. */
  latest(): string {
    const [first] = this.values;
    if (first === undefined) throw new Error("The secrets have not been read yet.");
    return first;
  }

  private async one(SecretId: string): Promise<string> {
    const { SecretString } = await this.client.send(new GetSecretValueCommand({ SecretId }));
    if (!SecretString) throw new Error(`The secret ${SecretId} is empty. Put a value into it.`);
    return SecretString;
  }
}
