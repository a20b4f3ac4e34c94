import { until } from "./until.mjs";

/** The items that a client has received, in order. */
export class Seen {
  items = [];

  /** Adds an item. Bound, so that it can be passed on. */
  add = (item) => {
    this.items.push(item);
  };

  /** Resolves with all items once there are `count`. */
  async count(count) {
    const describe = () => `${count} were expected, and these came: ${JSON.stringify(this.items)}`;
    await until(() => this.items.length >= count, describe);
    return this.items;
  }
}
