import { until } from "./until.mjs";

/** What a client has received, in order. */
export class Seen {
  items = [];

  /** Takes in an item. Bound, so that it can be handed over. */
  add = (item) => {
    this.items.push(item);
  };

  /** Resolves with everything once there are so many. */
  async count(count) {
    const describe = () => `${count} were expected, and these came: ${JSON.stringify(this.items)}`;
    await until(() => this.items.length >= count, describe);
    return this.items;
  }
}
