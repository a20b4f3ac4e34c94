import assert from "node:assert/strict";
import { until } from "./until.mjs";

/** Runs in the page: the number and the text of every line. */
async function collectRows() {
  const log = document.getElementById("log");
  const rows = new Map();
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const isAbsent = () => document.querySelector("#sections .absent:not(.kept)") !== null;
  log.scrollTop = 0;
  for (;;) {
    do await frame();
    while (isAbsent());
    for (const line of document.querySelectorAll("#sections .line:not(.kept)")) {
      rows.set(Number(line.querySelector(".number").textContent), line.querySelector(".text").textContent);
    }
    const before = log.scrollTop;
    log.scrollTop += log.clientHeight;
    if (log.scrollTop === before) break;
  }
  return [...rows].sort(([one], [other]) => one - other);
}

/** The connection of a tab that receives events; `ended` if the build that it shows has ended. */
export const CONNECTED = '#connection:is([data-state="live"], [data-state="ended"])';

/** A browser tab with the page of a build server, as a person sees and uses it. */
export class BuildTab {
  /** Playwright's page. */
  page;
  /** The browser's complaints: errors, and violations of the content security policy. */
  complaints = [];

  constructor(page) {
    this.page = page;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("dialog", (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  /** Opens the page in a new tab and waits until it is connected. */
  static async open(context, url) {
    const tab = new BuildTab(await context.newPage());
    await tab.page.goto(url);
    await tab.page.locator(CONNECTED).waitFor();
    return tab;
  }

  /** Types a path and presses Build. */
  async build(path) {
    await this.page.getByLabel("Project path").fill(path);
    await this.page.getByRole("button", { name: "Build", exact: true }).click();
  }

  /** Opens the latest listed build of a project; in a narrow window, the list is unfolded first. */
  async openListed(name) {
    await this.unfoldList();
    await this.page.locator(".builds-entry", { hasText: name }).first().click();
  }

  /** Makes the list of builds visible. */
  async unfoldList() {
    const button = this.page.locator("#builds-button");
    if (await button.isVisible()) await button.click();
  }

  /** Waits for a line with this text; fails when the build fails instead. Too slow for long logs. */
  async line(text) {
    const line = this.page.locator("#sections .line .text", { hasText: text }).first();
    const failure = this.page.locator('#build[data-status="failed"]');
    await line.or(failure).first().waitFor({ state: "attached" });
    assert.equal(await line.count(), 1, `the build failed:\n${await this.page.locator("#sections").innerText()}`);
  }

  /** Waits until the build has this status. */
  async status(status) {
    await this.page.locator(`#build[data-status="${status}"]`).waitFor();
  }

  /** Waits for the line with this number, or a later one, at the end of the log. */
  async number(number) {
    // A tab behind another one may draw nothing.
    await this.page.bringToFront();
    const lastNumber = (numbers) => Number(numbers.at(-1)?.textContent ?? 0);
    const numbers = this.page.locator("#sections .line .number");
    await until(async () => (await numbers.evaluateAll(lastNumber)) >= number);
  }

  /** Waits until an element is in the visible part of the log. */
  async inSight(selector) {
    const isInSight = (element) => {
      const frame = document.getElementById("log").getBoundingClientRect();
      const { top, bottom } = element.getBoundingClientRect();
      return bottom > top && top >= frame.top - 1 && bottom <= frame.bottom + 1;
    };
    await until(() => this.page.locator(selector).evaluate(isInSight));
  }

  /** The texts of all lines, whose numbers must count up without holes. It scrolls from the first line to the end. */
  async rows() {
    // A tab behind another one draws nothing while it scrolls.
    await this.page.bringToFront();
    const rows = await this.page.evaluate(collectRows);
    assert.deepEqual(rows.map(([number]) => number), rows.map((_, index) => 1 + index), "the numbers of the rows");
    return rows.map(([, text]) => text);
  }

  /** Name, command and state of each step. */
  steps() {
    return this.page.locator("#steps .step").evaluateAll((elements) => {
      const parts = [".step-name", ".step-command", ".step-word"];
      return elements.map((element) => parts.map((part) => element.querySelector(part).textContent));
    });
  }
}
