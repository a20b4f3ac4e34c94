import assert from "node:assert/strict";
import { until } from "./until.mjs";

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
    await tab.page.locator('#connection[data-state="live"]').waitFor();
    return tab;
  }

  /** Types a path and presses Build. */
  async build(path) {
    await this.page.getByLabel("Project path").fill(path);
    await this.page.getByRole("button", { name: "Build", exact: true }).click();
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

  /** Waits for the line with this number. */
  async number(number) {
    await this.page.locator(`#L${number}`).waitFor({ state: "attached" });
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

  /** The texts of all rows, whose numbers must count up without holes. */
  async rows() {
    const rows = await this.page.locator("#sections .line").evaluateAll((elements) =>
      elements.map((element) => ({
        number: Number(element.querySelector(".number").textContent),
        text: element.querySelector(".text").textContent,
      })),
    );
    const first = rows[0]?.number ?? 1;
    const expected = rows.map((row, index) => first + index);
    assert.deepEqual(rows.map(({ number }) => number), expected, "the numbers of the rows");
    return rows.map(({ text }) => text);
  }

  /** Name, command and state of each step. */
  steps() {
    return this.page.locator("#steps .step").evaluateAll((elements) => {
      const parts = [".step-name", ".step-command", ".step-word"];
      return elements.map((element) => parts.map((part) => element.querySelector(part).textContent));
    });
  }
}
