import { fromItem } from "../../core/domain/items.ts";
import type { Node } from "../../core/domain/node.ts";
import type { Item } from "../../core/ports/store.ts";
import { Violation } from "./violation.ts";

/** Watches that of each pool only a part is upgraded at a time. */
export class UpgradeBook {
  /** Pool -> its nodes, by whether they are being upgraded. */
  private readonly pools = new Map<string, Map<string, boolean>>();

  /** To be told of every write that took effect. */
  wrote(before: Item | undefined, after: Item | undefined): void {
    const item = after ?? before;
    if (!item?.sk.startsWith("node#")) return;
    const nodes = this.pools.get(item.pk) ?? new Map<string, boolean>();
    this.pools.set(item.pk, nodes);
    const was = nodes.get(item.sk) === true;
    if (after) nodes.set(item.sk, fromItem<Node>(after).state === "upgradingos");
    else nodes.delete(item.sk);
    if (was || nodes.get(item.sk) !== true) return;
    const upgrading = [...nodes.values()].filter((is) => is).length;
    const most = Math.max(1, Math.floor(nodes.size / 5));
    if (upgrading > most)
      throw new Violation("rolling upgrade", `${upgrading} of the ${nodes.size} nodes of ${item.pk} are upgraded at once`);
  }
}
